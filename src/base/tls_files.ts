import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { describeError } from "./errors.ts";

/** What TLS connections are made with. */
export interface TlsTexts {
  /** PEM certificates that are trusted in addition to the public ones. */
  readonly caCerts: readonly string[];
  /** PEM certificate chain and key to present when the server asks for a client certificate. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/** The certificates and keys for one server, whose files others may replace at any time. */
export interface TlsFiles {
  /**
   * The last usable texts; the same object as long as they are the same.
   * @throws the signal's reason when `signal` aborts.
   */
  current(signal: AbortSignal): Promise<TlsTexts>;
}

const NONE: TlsTexts = { caCerts: [], client: undefined };

/** For a server whose configuration names no files. */
export const noTlsFiles: TlsFiles = { current: () => Promise.resolve(NONE) };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;
const PRIVATE_KEY =
  /-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/;

/**
 * Reads all certificates of a PEM text, so that a half-written one is noticed.
 * @throws when there is none or one is damaged; the message contains nothing of the text.
 */
export function readCertificates(text: string): X509Certificate[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length !== text.split("-----BEGIN CERTIFICATE-----").length - 1) {
    throw new Error(`certificate ${found.length + 1} is cut off`);
  }
  if (found.length === 0) throw new Error("found no PEM certificate");
  return found.map((pem, index) => {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      throw new Error(`certificate ${index + 1} is damaged: ${describeError(error)}`);
    }
  });
}

/**
 * Checks that a PEM text contains the private key of a certificate.
 * @throws when it does not; the message contains nothing of the text.
 */
export function checkKey(certificate: X509Certificate, text: string): void {
  const [pem, kind] = PRIVATE_KEY.exec(text) ?? [];
  if (pem === undefined) throw new Error("found no whole PEM private key");
  if (kind === "ENCRYPTED " || /^Proc-Type:.*ENCRYPTED/m.test(pem)) {
    throw new Error("the key is encrypted; passphrases are not supported");
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error("the key is damaged or of an unknown type"); // the original message may quote it
  }
  const [own, needed] = [createPublicKey(key), certificate.publicKey].map((one) =>
    one.export({ type: "spki", format: "der" }) as Uint8Array
  );
  if (own!.length !== needed!.length || own!.some((byte, at) => byte !== needed![at])) {
    throw new Error("the key does not belong to the certificate");
  }
}
