import { isoTime } from "./format.ts";
import { describeError, OperatorError } from "./errors.ts";

/** What is wrong with a handshake. */
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

/** A handshake that failed, so that nothing was sent. */
export class TlsFailure extends OperatorError {
  override name = "TlsFailure";
  readonly kind: TlsFailureKind;

  constructor(kind: TlsFailureKind, message: string, hint: string, options?: ErrorOptions) {
    super(message, hint, options);
    this.kind = kind;
  }
}

/** The servers of one connection. */
export interface TlsEnds {
  readonly baseUrl: string;
  readonly proxyUrl?: string | undefined;
}

/** The options of a leg that decide about its TLS, as hints name them. */
export interface TlsOptionNames {
  /** What answers there, such as `the collector`. */
  readonly server: string;
  readonly url: string;
  readonly caFile: string;
  /** Undefined where certificates cannot be pinned. */
  readonly fingerprint: string | undefined;
  /** Undefined where no client certificate can be shown. */
  readonly client: string | undefined;
}

/** Kinds that concern what this program shows or speaks, not what the server shows. */
const NOT_OF_TRUST: ReadonlySet<TlsFailureKind> = new Set([
  "client_certificate",
  "no_agreement",
  "old_protocol",
  "no_tls",
  "broken_off",
]);

/** The words of Deno's `fetch` and `node:https`, the kind, and how it is told. */
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
      `Have the certificate of ${server} renewed, and see that this host's clock is right` +
      orPin(fingerprint, ", which is then checked in place of the dates"),
  ],
  [
    /NotValidYet|not (yet valid|valid yet|valid before)|CERT_NOT_YET_VALID/,
    "not_yet_valid",
    "its certificate is not valid yet",
    () => "See that this host's clock is right",
  ],
  [
    /NotValidForName|not valid for name|ALTNAME|altname/,
    "other_names",
    "its certificate names other hosts",
    ({ server, url, fingerprint }) =>
      `Set ${url} to a name that the certificate has, or give ${server} a certificate with its name` +
      orPin(fingerprint),
  ],
  [
    /CaUsedAsEndEntity/,
    "authority_as_server",
    "its certificate is one of an authority (CA:TRUE), as servers sign them for themselves",
    ({ server, caFile, fingerprint }) =>
      fingerprint === undefined
        ? `Give ${server} a certificate that an authority signed, and set ${caFile} to the authority's`
        : `Set ${caFile} to that certificate (PEM)${orPin(fingerprint)}`,
  ],
  [
    /UnknownIssuer|SELF_SIGNED|self.signed|unable to (get|verify)|UNABLE_TO/i,
    "untrusted",
    "its certificate is signed by an authority that is not trusted here",
    ({ caFile, fingerprint }) =>
      `Set ${caFile} to that authority's certificate (PEM)${orPin(fingerprint)}`,
  ],
  [
    /BadSignature/,
    "false_signature",
    "the authority that its certificate names has not signed it, or it does not hold its key",
    ({ caFile, fingerprint }) =>
      `See that ${caFile} is the authority that signed it (PEM)${orPin(fingerprint)}; if that is ` +
      "right already, somebody stands between",
  ],
  [
    /UnsupportedCertVersion/,
    "version_1",
    "its certificate is of version 1, as a Splunk makes it for itself",
    ({ server, caFile, fingerprint }) =>
      fingerprint === undefined
        ? `Give ${server} a certificate of version 3, with its name`
        : `Set ${caFile} to the authority that signed it${orPin(fingerprint)}`,
  ],
  [
    /invalid peer certificate/,
    "unusable",
    "its certificate cannot be used",
    ({ server }) => `Give ${server} a certificate for servers that an authority signed`,
  ],
  [
    /alert: (CertificateRequired|BadCertificate|UnsupportedCertificate|Certificate(Revoked|Expired|Unknown)|UnknownCA|AccessDenied)/,
    "client_certificate",
    "it does not accept this client's certificate, or asks for one",
    ({ server, client }) =>
      client === undefined
        ? `${sentence(server)} must not ask for client certificates here: none can be shown`
        : `Set ${client} to a certificate that ${server} trusts`,
  ],
  [
    /alert: (HandshakeFailure|InsufficientSecurity)/,
    "no_agreement",
    "it breaks the handshake off: it asks for a client certificate, or has no cipher in common",
    ({ server, client }) =>
      `See that ${server} takes AES-GCM or ChaCha20 with ECDHE` +
      (client === undefined
        ? ", and asks for no client certificate"
        : `; if it asks for a client certificate, set ${client}`),
  ],
  [
    /alert: ProtocolVersion/,
    "old_protocol",
    "it speaks no version of TLS that is safe: TLS 1.2 or 1.3 is needed",
    ({ server, url }) => `Switch TLS 1.2 on at ${server}, or set ${url} to what stands before it`,
  ],
  [
    /InvalidContentType|wrong version number/,
    "no_tls",
    "it does not speak TLS",
    ({ url }) => `Check the port in ${url}; if it is to be reached without TLS, give an http URL`,
  ],
  [
    /tls handshake eof|before secure TLS connection/,
    "broken_off",
    "it closed the connection in the middle of the handshake",
    ({ server, url, client }) =>
      `Check the port in ${url} and the log of ${server}` +
      (client === undefined ? "" : `; if it asks for a client certificate, check ${client}`),
  ],
];

/**
 * Says of a handshake that failed what is wrong with the server's certificate, or with this client's, and which
 * option to set; other errors come back as they are.
 * @param ends What was asked, and the proxy on the way there.
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

/** Which of the two failed is not told: both, where both have TLS. Undefined when neither has. */
function describeEnds({ baseUrl, proxyUrl }: TlsEnds): string | undefined {
  const server = baseUrl.startsWith("https:") ? baseUrl : undefined;
  if (!proxyUrl?.startsWith("https:")) return server;
  const proxy = `the proxy ${new URL(proxyUrl).host}`; // without its login
  return server === undefined ? proxy : `${server} or ${proxy}`;
}

/** When a certificate ended, or begins, where the words tell it in seconds since 1970. */
function endOf(text: string): string {
  const [, word, seconds] = /not valid (after|before) (\d+)/.exec(text) ?? [];
  if (word === undefined) return "";
  const date = isoTime(Number(seconds) * 1000);
  return word === "after" ? `: it was valid until ${date}` : `: it is valid from ${date} on`;
}

function orPin(fingerprint: string | undefined, why = ""): string {
  return fingerprint === undefined
    ? ""
    : `, or set ${fingerprint} to the SHA-256 of the server's certificate${why}`;
}

function sentence(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
