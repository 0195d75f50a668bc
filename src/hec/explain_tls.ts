import { describeError, HintedError } from "../base/hinted_error.ts";

/** What the messages of a failed handshake hold, and what to do about it. */
const FAILURES: readonly [RegExp, found: string, hint: string][] = [
  [
    /Expired\b|certificate has expired|CERT_HAS_EXPIRED/i,
    "its certificate has expired",
    "Have the collector's certificate renewed, and see that this host's clock is right",
  ],
  [
    /NotValidForName|not valid for name|ALTNAME|altname/i,
    "its certificate names other hosts",
    "Set hec.url to a name that the certificate has, or hec.tls.fingerprint to that certificate's SHA-256",
  ],
  [
    /UnknownIssuer|SELF_SIGNED|self.signed|unable to (get|verify)|UNABLE_TO|CaUsedAsEndEntity/i,
    "its certificate is signed by an authority that is not trusted here",
    "Set hec.tls.ca_file to that authority's certificate (PEM), or hec.tls.fingerprint to the server's SHA-256",
  ],
  [
    /UnsupportedCertVersion/i,
    "its certificate is of version 1, as a Splunk makes it for itself",
    "Set hec.tls.ca_file to the authority that signed it, or hec.tls.fingerprint to its SHA-256",
  ],
  [
    /CertificateRequired|certificate.required|HandshakeFailure|BadCertificate|UnknownCA/i,
    "it does not accept this client's certificate, or asks for one",
    "Set hec.tls.cert_file and hec.tls.key_file to a certificate that the collector trusts",
  ],
];

/** Says of a handshake that failed what is wrong with the certificate; other errors come back as they are. */
export function explainTls(error: Error, baseUrl: string): Error {
  if (error instanceof HintedError || !baseUrl.startsWith("https:")) return error;
  const text = describeError(error);
  const [, found, hint] = FAILURES.find(([pattern]) => pattern.test(text)) ?? [];
  if (found === undefined || hint === undefined) return error;
  return new HintedError(`Cannot trust ${baseUrl}: ${found} (${text})`, hint, { cause: error });
}
