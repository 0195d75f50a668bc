import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { describeError } from "./errors.ts";

/** What connections are made with, out of files. */
export interface TlsTexts {
  /** PEM certificates that are trusted besides the public ones. */
  readonly caCerts: readonly string[];
  /** PEM client certificate chain and key, when the server asks for one. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/** The certificates and keys of one leg, which others replace at any time. */
export interface TlsFiles {
  /**
   * As they stood a moment ago, and can be used: the same object as long as they are the same.
   * @throws the reason of `signal`.
   */
  current(signal: AbortSignal): Promise<TlsTexts>;
}

const NONE: TlsTexts = { caCerts: [], client: undefined };

/** The texts of a leg whose configuration names no files. */
export const noTlsFiles: TlsFiles = { current: () => Promise.resolve(NONE) };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;
const PRIVATE_KEY =
  /-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/;

/**
 * Reads the certificates of a PEM text to their ends, so that one half written is not taken for a whole one.
 * @throws when there is none, or one that cannot be read; the message holds nothing of the text.
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
 * Checks that a PEM text holds the private key of a certificate.
 * @throws when it does not; the message holds nothing of the text.
 */
export function checkKey(certificate: X509Certificate, text: string): void {
  const [pem, kind] = PRIVATE_KEY.exec(text) ?? [];
  if (pem === undefined) throw new Error("found no whole PEM private key");
  if (kind === "ENCRYPTED " || /^Proc-Type:.*ENCRYPTED/m.test(pem)) {
    throw new Error("the key has a passphrase, and there is nobody to ask for it");
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error("the key is damaged, or of a kind that is not known"); // whose words might hold some of it
  }
  const [own, needed] = [createPublicKey(key), certificate.publicKey].map((one) =>
    one.export({ type: "spki", format: "der" }) as Uint8Array
  );
  if (own!.length !== needed!.length || own!.some((byte, at) => byte !== needed![at])) {
    throw new Error("the key does not belong to the certificate");
  }
}
