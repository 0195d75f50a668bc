import { capitalized, isoTime } from "./format.ts";
import { describeError, OperatorError } from "./errors.ts";

/** What is wrong with a TLS handshake. */
export type TlsFailureKind =
  | "expired"
  | "not_yet_valid"
  | "other_names"
  | "untrusted"
  | "authority_as_server"
  | "false_signature"
  | "version_1"
  | "unusable"
  | "client_certificate"
  | "no_agreement"
  | "old_protocol"
  | "no_tls"
  | "broken_off";

/** A TLS handshake failed; nothing was sent. */
export class TlsFailure extends OperatorError {
  override name = "TlsFailure";
  readonly kind: TlsFailureKind;

  constructor(kind: TlsFailureKind, message: string, hint: string, options?: ErrorOptions) {
    super(message, hint, options);
    this.kind = kind;
  }
}

/** The two ends of one connection. */
export interface TlsEnds {
  readonly baseUrl: string;
  readonly proxyUrl?: string | undefined;
}

/** The options that decide about TLS to one server, as hints name them. */
export interface TlsOptionNames {
  /** The server, such as `the collector`. */
  readonly server: string;
  readonly url: string;
  readonly caFile: string;
  /** Undefined where certificates cannot be pinned. */
  readonly fingerprint: string | undefined;
  /** Undefined where no client certificate can be presented. */
  readonly client: string | undefined;
}

/** Kinds that are not about the server's certificate. */
const NOT_OF_TRUST: ReadonlySet<TlsFailureKind> = new Set([
  "client_certificate",
  "no_agreement",
  "old_protocol",
  "no_tls",
  "broken_off",
]);

/** The words of Deno's `fetch` and `node:https`, and what they mean. */
const FAILURES: readonly [
  words: RegExp,
  kind: TlsFailureKind,
  found: string,
  hint: (names: TlsOptionNames) => string,
][] = [
  [
    /\bExpired\b|certificate (has )?expired|CERT_HAS_EXPIRED/,
    "expired",
    "its certificate has expired",
    ({ server, fingerprint }) =>
      `Have the certificate of ${server} renewed, and check this host's clock` +
      orPin(fingerprint, ", which is then checked instead of the dates"),
  ],
  [
    /NotValidYet|not (yet valid|valid yet|valid before)|CERT_NOT_YET_VALID/,
    "not_yet_valid",
    "its certificate is not valid yet",
    () => "Check this host's clock",
  ],
  [
    /NotValidForName|not valid for name|ALTNAME|altname/,
    "other_names",
    "its certificate is for other host names",
    ({ server, url, fingerprint }) =>
      `Set ${url} to a name in the certificate, or give ${server} a certificate for its name` +
      orPin(fingerprint),
  ],
  [
    /CaUsedAsEndEntity/,
    "authority_as_server",
    "its certificate is a CA certificate (CA:TRUE), such as a self-signed one",
    ({ server, caFile, fingerprint }) =>
      fingerprint === undefined
        ? `Give ${server} a certificate signed by an authority, and set ${caFile} to the authority's`
        : `Set ${caFile} to that certificate (PEM)${orPin(fingerprint)}`,
  ],
  [
    /UnknownIssuer|SELF_SIGNED|self.signed|unable to (get|verify)|UNABLE_TO/i,
    "untrusted",
    "its certificate is signed by an authority that this host does not trust",
    ({ caFile, fingerprint }) =>
      `Set ${caFile} to that authority's certificate (PEM)${orPin(fingerprint)}`,
  ],
  [
    /BadSignature/,
    "false_signature",
    "its certificate was not signed by the authority that it names, or it does not have its key",
    ({ caFile, fingerprint }) =>
      `Check that ${caFile} is the authority that signed it (PEM)${
        orPin(fingerprint)
      }. If it is, ` +
      "the connection may be intercepted",
  ],
  [
    /UnsupportedCertVersion/,
    "version_1",
    "its certificate is X.509 version 1, as Splunk generates it",
    ({ server, caFile, fingerprint }) =>
      fingerprint === undefined
        ? `Give ${server} a version 3 certificate with its name`
        : `Set ${caFile} to the authority that signed it${orPin(fingerprint)}`,
  ],
  [
    /invalid peer certificate/,
    "unusable",
    "its certificate cannot be used",
    ({ server }) => `Give ${server} a server certificate signed by an authority`,
  ],
  [
    /alert: (CertificateRequired|BadCertificate|UnsupportedCertificate|Certificate(Revoked|Expired|Unknown)|UnknownCA|AccessDenied)/,
    "client_certificate",
    "it rejects this client's certificate, or requires one",
    ({ server, client }) =>
      client === undefined
        ? `${capitalized(server)} must not require a client certificate: none can be configured`
        : `Set ${client} to a certificate that ${server} trusts`,
  ],
  [
    /alert: (HandshakeFailure|InsufficientSecurity)/,
    "no_agreement",
    "it ended the handshake: it requires a client certificate, or has no cipher in common",
    ({ server, client }) =>
      `Check that ${server} accepts AES-GCM or ChaCha20 with ECDHE` +
      (client === undefined
        ? ", and requires no client certificate"
        : `; if it requires a client certificate, set ${client}`),
  ],
  [
    /alert: ProtocolVersion/,
    "old_protocol",
    "it offers no safe TLS version: TLS 1.2 or 1.3 is required",
    ({ server, url }) => `Enable TLS 1.2 on ${server}, or set ${url} to a proxy in front of it`,
  ],
  [
    /InvalidContentType|wrong version number/,
    "no_tls",
    "it does not speak TLS",
    ({ url }) => `Check the port in ${url}; for a server without TLS, use an http URL`,
  ],
  [
    /tls handshake eof|before secure TLS connection/,
    "broken_off",
    "it closed the connection during the handshake",
    ({ server, url, client }) =>
      `Check the port in ${url} and the log of ${server}` +
      (client === undefined ? "" : `; if it requires a client certificate, check ${client}`),
  ],
];

/**
 * Explains a failed handshake: what is wrong with the certificate of the server or of this client, and which option to
 * set. Returns other errors unchanged.
 * @param ends The server, and the proxy on the way.
 */
export function explainTls(error: Error, ends: TlsEnds, names: TlsOptionNames): Error {
  if (error instanceof OperatorError) return error;
  const server = describeEnds(ends);
  if (server === undefined) return error;
  const text = describeError(error);
  const failure = FAILURES.find(([words]) => words.test(text));
  if (!failure) return error;
  const [, kind, found, hint] = failure;
  const attempted = NOT_OF_TRUST.has(kind) ? "Cannot begin TLS with" : "Cannot trust";
  const message = `${attempted} ${server}: ${found}${endOf(text)} (${text})`;
  return new TlsFailure(kind, message, hint(names), { cause: error });
}

/** The ends that have TLS: the error does not say which one failed. Undefined when neither has. */
function describeEnds({ baseUrl, proxyUrl }: TlsEnds): string | undefined {
  const server = baseUrl.startsWith("https:") ? baseUrl : undefined;
  if (!proxyUrl?.startsWith("https:")) return server;
  const proxy = `the proxy ${new URL(proxyUrl).host}`; // without its login
  return server === undefined ? proxy : `${server} or ${proxy}`;
}

/** When a certificate expired or becomes valid, where the error says it, in seconds since 1970. */
function endOf(text: string): string {
  const [, word, seconds] = /not valid (after|before) (\d+)/.exec(text) ?? [];
  if (word === undefined) return "";
  const date = isoTime(Number(seconds) * 1000);
  return word === "after" ? `: it was valid until ${date}` : `: it is valid from ${date}`;
}

function orPin(fingerprint: string | undefined, why = ""): string {
  return fingerprint === undefined
    ? ""
    : `, or set ${fingerprint} to the SHA-256 of the server's certificate${why}`;
}
