import { Secret } from "../../base/secret.ts";
import { isSecretText, secretExpected } from "../reloadable_secret.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";

/**
 * A key, token or password that travels in an HTTP header, so visible ASCII only. Never shown.
 * @param what It is, to follow "expected": `an HEC token`.
 */
export function secretText(what: string): Scalar<Secret> {
  const expected = secretExpected(what);
  const json = { type: "string" };
  return scalar({ kind: "secret", expected, json, secrecy: "secret" }, (text) => {
    return isSecretText(text) ? new Secret(text) : new Refused(expected);
  });
}

/** An access key id: half of a credential, so not shown either. */
export function accessKeyId(): Scalar<Secret> {
  const pattern = /^[\w.-]{1,128}$/;
  const expected = "an access key id: letters, digits and . _ -";
  const json = { type: "string", minLength: 1, pattern: pattern.source };
  return scalar({ kind: "text", expected, json, secrecy: "hidden" }, (text) => {
    return pattern.test(text) ? new Secret(text) : new Refused(expected);
  });
}
