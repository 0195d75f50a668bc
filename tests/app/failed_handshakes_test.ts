import assert from "node:assert/strict";
import { OperatorError } from "../../src/base/errors.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { slsCredentials } from "../../src/app/sls_credentials.ts";

import { SlsError } from "../../src/sls/sls_error.ts";
import { Sls } from "../../src/app/open_sls.ts";
import { loaded, variables } from "../config/test_sources.ts";
import { quietDeps } from "../support/quiet_deps.ts";
import { Authority, LOCAL } from "../support/authority.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { TlsFront, type TlsFrontOptions } from "../support/tls_front.ts";

const NEVER = new AbortController().signal;
const authority = new Authority("Test CA");
const good = authority.sign({ names: LOCAL });
const mutual = { ...good, ca: authority.cert, requestCert: true };

/** Servers, and what is said of each: what was found, and what to do on the side of HEC and on that of SLS. */
const servers: [
  what: string,
  options: TlsFrontOptions,
  found: RegExp,
  hecHint: RegExp,
  slsHint: RegExp,
][] = [
  [
    "a certificate that has expired",
    authority.sign({ names: LOCAL, days: -1 }),
    /has expired: it was valid until 20/,
    /renewed, .* or set hec\.tls\.fingerprint/,
    /renewed, and check this host's clock$/,
  ],
  [
    "a certificate of another host",
    authority.sign({ names: ["other.example.com"] }),
    /other host names/,
    /hec\.url/,
    /sls\.endpoint/,
  ],
  [
    "a certificate of another authority of that name",
    new Authority("Test CA").sign({ names: LOCAL }),
    /authority that this host does not trust|was not signed by the authority/,
    /hec\.tls\.ca_file/,
    /sls\.ca_file/,
  ],
  [
    "TLS 1.1 alone",
    { ...good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    /no safe TLS version: TLS 1\.2 or 1\.3 is required/,
    /Enable TLS 1\.2 on the collector, or set hec\.url/,
    /Enable TLS 1\.2 on the SLS endpoint, or set sls\.endpoint/,
  ],
  [
    "ciphers of old alone",
    { ...good, maxVersion: "TLSv1.2", ciphers: "AES128-SHA" },
    /has no cipher in common/,
    /the collector accepts AES-GCM/,
    /the SLS endpoint accepts AES-GCM/,
  ],
  [
    "a request for a client certificate, by TLS 1.2",
    { ...mutual, maxVersion: "TLSv1.2" },
    /requires a client certificate/,
    /hec\.tls\.cert_file and hec\.tls\.key_file/,
    /AES-GCM/,
  ],
  [
    "a request for a client certificate, by TLS 1.3",
    mutual,
    /this client's certificate, or requires one/,
    /hec\.tls\.cert_file and hec\.tls\.key_file/,
    /must not require a client certificate/,
  ],
];

function checkFailure(error: unknown, found: RegExp, hint: RegExp): boolean {
  assert.ok(error instanceof OperatorError, String(error));
  assert.match(error.message, found);
  assert.match(error.hint, hint);
  return true;
}

async function sendToHec(transport: HecTransport): Promise<void> {
  try {
    const request = { method: "GET", path: "/services/collector/health", headers: {} } as const;
    await transport.send(request, NEVER);
  } finally {
    transport.close();
  }
}

function connectionTo(baseUrl: string): HecConnection {
  const caCerts = [authority.cert];
  return { baseUrl, verify: true, caCerts, client: undefined, proxyUrl: undefined };
}

async function listShards(endpoint: string): Promise<void> {
  const config = loaded({ env: { ...variables, SLS_ENDPOINT: endpoint } });
  const deps = quietDeps(new FakeClock());
  const texts = { caCerts: [authority.cert], client: undefined };
  const tls = { current: () => Promise.resolve(texts) };
  using credentials = slsCredentials(config.sls, tls, deps);
  using sls = new Sls(() => ({ credentials, tls }), deps);
  await sls.of(config.sources[0]!).shards.list(NEVER);
}

for (const [what, options, found, hecHint, slsHint] of servers) {
  Deno.test(`HEC with ${what} is reported, with what to do`, async () => {
    await using hec = HecEmulator.start();
    await using front = await TlsFront.start(hec.url, options);
    const makes = [FetchTransport, ...(nodeHttpIsSound ? [NodeTransport] : [])];
    for (const make of makes) {
      if (make === NodeTransport && /expired/.test(what)) continue; // see CaFileTransport
      await assert.rejects(
        sendToHec(new make(connectionTo(front.url))),
        (error) => checkFailure(error, found, hecHint),
      );
    }
    assert.equal(hec.requests.length, 0);
  });

  Deno.test(`SLS with ${what} is reported, with what to do`, async () => {
    await using hec = HecEmulator.start(); // never reached
    await using front = await TlsFront.start(hec.url, options);
    await assert.rejects(listShards(front.url), (error) => {
      assert.ok(error instanceof SlsError);
      assert.equal(error.kind, "network");
      assert.match(error.message, /^Cannot ListShards/);
      return checkFailure(error, found, slsHint);
    });
    assert.equal(hec.requests.length, 0);
  });
}

Deno.test("a server without TLS is reported on both sides, with what to do", async () => {
  await using hec = HecEmulator.start();
  const url = hec.url.replace("http:", "https:");
  for (const make of [FetchTransport, ...(nodeHttpIsSound ? [NodeTransport] : [])]) {
    await assert.rejects(
      sendToHec(new make(connectionTo(url))),
      (error) => checkFailure(error, /does not speak TLS/, /hec\.url.*http URL/),
    );
  }
  await assert.rejects(
    listShards(url),
    (error) => checkFailure(error, /does not speak TLS/, /sls\.endpoint.*http URL/),
  );
});
