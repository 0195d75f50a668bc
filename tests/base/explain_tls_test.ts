import assert from "node:assert/strict";
import { explainTls, type TlsOptionNames } from "../../src/base/explain_tls.ts";
import { hecTlsOptions } from "../../src/hec/transport/hec_transport.ts";
import { hintOf, OperatorError } from "../../src/base/errors.ts";

const HEC: TlsOptionNames = {
  server: "the collector",
  url: "hec.url",
  caFile: "hec.tls.ca_file",
  fingerprint: "hec.tls.fingerprint",
  client: "hec.tls.cert_file",
};
const SLS: TlsOptionNames = {
  server: "the SLS endpoint",
  url: "sls.endpoint",
  caFile: "sls.ca_file",
  fingerprint: undefined,
  client: undefined,
};

/** As Deno 2.9.6 words what OpenSSL 3 and Node 20 do as servers; see changing_tls_test.ts for real ones. */
const words: [text: string, found: RegExp, hecHint: RegExp, slsHint: RegExp][] = [
  [
    "client error (Connect): invalid peer certificate: certificate expired: verification time " +
    "1795666120 (UNIX), but certificate is not valid after 1795579719 (86401 seconds ago)",
    /Cannot trust .*has expired: it was valid until 2026-11-25T04:08:39Z \(/,
    /renewed.*, or set hec\.tls\.fingerprint/,
    /Have the certificate of the SLS endpoint renewed, and check this host's clock$/,
  ],
  ["certificate has expired", /has expired \(/, /clock/, /clock/],
  ["invalid peer certificate: Expired", /has expired \(/, /clock/, /clock/],
  [
    "invalid peer certificate: certificate not valid yet: verification time 1 (UNIX), but " +
    "certificate is not valid before 1795579719 (5 seconds in the future)",
    /not valid yet: it is valid from 2026-11-25T04:08:39Z \(/,
    /clock/,
    /clock/,
  ],
  ["invalid peer certificate: UnknownIssuer", /does not trust/, /hec\.tls\.ca_file/, /sls\.ca_/],
  ["unable to verify the first certificate", /does not trust/, /fingerprint/, /sls\.ca_file/],
  [
    "invalid peer certificate: BadSignature",
    /was not signed by/,
    /hec\.tls\.ca_f/,
    /sls\.ca_f/,
  ],
  [
    'invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only ' +
    'valid for DnsName("other.example.com")',
    /other host names/,
    /hec\.url to a name.*hec\.tls\.fingerprint/,
    /^Set sls\.endpoint to a name in the certificate, or give the SLS endpoint a certificate for its name$/,
  ],
  [
    "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
    /\(CA:TRUE\)/,
    /hec\.tls\.ca_file to that certificate/,
    /certificate signed by an authority, and set sls\.ca_file/,
  ],
  [
    "invalid peer certificate: Other(OtherError(UnsupportedCertVersion))",
    /version 1/,
    /hec\.tls\.ca_file/,
    /version 3 certificate/,
  ],
  ["invalid peer certificate: BadEncoding", /cannot be used/, /the collector/, /SLS endpoint/],
  [
    "received fatal alert: UnknownCA",
    /Cannot begin TLS with .*this client's certificate, or requires one/,
    /hec\.tls\.cert_file to a certificate that the collector trusts/,
    /The SLS endpoint must not require a client certificate/,
  ],
  [
    "received fatal alert: CertificateRequired",
    /requires one/,
    /hec\.tls\.cert_file/,
    /must not require/,
  ],
  [
    "received fatal alert: HandshakeFailure",
    /ended the handshake/,
    /AES-GCM.*hec\.tls\.cert_file/,
    /AES-GCM.*requires no client certificate$/,
  ],
  ["received fatal alert: ProtocolVersion", /TLS 1\.2 or 1\.3 is required/, /hec\.url/, /endpoint/],
  [
    "received corrupt message of type InvalidContentType",
    /does not speak TLS/,
    /hec\.url.*http URL/,
    /sls\.endpoint/,
  ],
  [
    "client error (Connect): tls handshake eof",
    /during the handshake/,
    /hec\.tls\.cert_file/,
    /log of the SLS endpoint$/,
  ],
];
for (const [text, found, hecHint, slsHint] of words) {
  Deno.test(`a handshake that fails with "${text.slice(0, 70)}" is explained on both sides`, () => {
    const baseUrl = "https://host:8088";
    const error = new TypeError("fetch failed", { cause: new Error(text) });
    for (const [names, hint] of [[HEC, hecHint], [SLS, slsHint]] as const) {
      const explained = explainTls(error, { baseUrl }, names);
      assert.match(explained.message, found);
      assert.ok(explained.message.includes(baseUrl) && explained.message.includes(text));
      assert.match(hintOf(explained, ""), hint);
      assert.equal(explained.cause, error);
    }
  });
}

Deno.test("what is no failed handshake comes back as it is", () => {
  const baseUrl = "https://host:8088";
  for (
    const error of [
      new Error("tcp connect error: Connection refused"),
      new TypeError("error reading a body from connection"),
      new OperatorError("certificate has expired", "explained already"),
    ]
  ) assert.equal(explainTls(error, { baseUrl }, HEC), error);
  const error = new Error("certificate has expired");
  assert.equal(explainTls(error, { baseUrl: "http://host:8088" }, HEC), error);
});

Deno.test("a proxy with TLS may be what failed, and its login is not shown", () => {
  const error = new Error("invalid peer certificate: UnknownIssuer");
  const proxyUrl = "https://user:pass@proxy:3128";
  const both = explainTls(error, { baseUrl: "https://host:8088", proxyUrl }, HEC);
  assert.match(both.message, /^Cannot trust https:\/\/host:8088 or the proxy proxy:3128: /);
  const one = explainTls(error, { baseUrl: "http://host:8088", proxyUrl }, HEC);
  assert.match(one.message, /^Cannot trust the proxy proxy:3128: /);
});

Deno.test("explainTls() names no option of HEC that Deno 2.6 refuses in turn", () => {
  for (const [text] of words) {
    const error = explainTls(
      new Error(text),
      { baseUrl: "https://h:1" },
      hecTlsOptions("hec", false),
    );
    assert.doesNotMatch(`${error.message} ${hintOf(error, "")}`, /fingerprint/i, text);
  }
  assert.equal(hecTlsOptions("sources[1].hec", true).fingerprint, "sources[1].hec.tls.fingerprint");
});
