import { describeError } from "../base/errors.ts";
import { isVisibleAscii, kindAndLength } from "../base/invalid_value.ts";
import { Secret } from "../base/secret.ts";
import { StsError } from "./sts_error.ts";

/** Bounds of the vendor's API, in characters. */
const TOKEN_CHARS = { min: 4, max: 20_000 };

/**
 * Reads the token of a service account. Its file is replaced while the program runs, so it is read for every exchange.
 * @param readFile Reads a text file; throws an error whose message says why it cannot.
 * @throws {StsError}
 */
export function oidcToken(file: string, readFile: (path: string) => string): Secret {
  let token: string;
  try {
    token = readFile(file).trim(); // a newline at its end would be sent
  } catch (error) {
    throw unusable(`Cannot read ${file}: ${describeError(error)}`, error);
  }
  if (isVisibleAscii(token, TOKEN_CHARS.max) && token.length >= TOKEN_CHARS.min) {
    return new Secret(token);
  }
  const found = token === "" ? "nothing: it is empty" : `text ${kindAndLength(token)}`;
  throw unusable(
    `Cannot use the token in ${file}: found ${found}; expected a JSON Web Token of ` +
      `${TOKEN_CHARS.min} to ${TOKEN_CHARS.max} visible ASCII characters`,
  );
}

function unusable(message: string, cause?: unknown): StsError {
  return new StsError(message, {
    role: "sls.credentials.oidc",
    hint: "Check sls.credentials.oidc.token_file. The file is read again for every try",
    cause,
  });
}
