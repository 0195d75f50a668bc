import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import { fixedToken } from "../../src/hec/hec_token.ts";
import { RequestCutOff } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { batchMaxBytes, makeTransport, reportSmallBatches } from "../../src/app/open_hec.ts";
import { loaded, smallest } from "../config/test_sources.ts";
import { goods } from "./batches.ts";
import { ConnectProxy } from "./connect_proxy.ts";
import { EarlyServer } from "./early_server.ts";
import { HecHarness } from "./hec_harness.ts";

const NEVER = new AbortController().signal;

Deno.test("through a socks5 proxy no body of several events is above 64 KiB, whatever the batch", async () => {
  await using proxy = new ConnectProxy(undefined, "socks5");
  await using far = new HecHarness();
  const connections = [{ baseUrl: far.hec.url, verify: true, proxyUrl: proxy.url }];
  await using harness = new HecHarness({
    gzip: false,
    client: { makeTransport, connections, token: fixedToken(new Secret(far.hec.token)) },
  });
  const events = goods(3000);
  const { resends, delivered } = await harness.deliver(events);
  assert.deepEqual([resends, delivered], [0, 3000]);
  const sizes = far.hec.requests.map(({ bodyBytes }) => bodyBytes);
  assert.ok(sizes.length > 3 && sizes.every((size) => size <= 65_536), `${sizes}`);
});

Deno.test("over fetch too, a connection that is cut off under a request is reported as such", async () => {
  await using server = new EarlyServer({ answer: undefined, then: "closed" });
  const connection = { verify: true, caCerts: [], client: undefined, proxyUrl: undefined };
  const transport = new FetchTransport({ ...connection, baseUrl: server.url });
  const body = new Uint8Array(60_000);
  const request = { method: "POST", path: "/services/collector/event", headers: {}, body } as const;
  try {
    await assert.rejects(transport.send(request, NEVER), RequestCutOff);
  } finally {
    transport.close();
  }
});

const batches: [more: string, maxBytes: number][] = [
  ["", nodeHttpIsSound ? 1_000_000 : 196_608],
  ['proxy: "http://proxy.example.com:3128"', nodeHttpIsSound ? 1_000_000 : 196_608],
  ['proxy: "socks5://proxy.example.com"', 196_608],
  ['gzip: false, proxy: "socks5://proxy.example.com"', 65_536],
  ['proxy: "https://proxy.example.com"', nodeHttpIsSound ? 1_000_000 : 196_608],
  ['tls: { ca_file: ca.pem }, proxy: "https://proxy.example.com"', 196_608],
  ['batch: { max_bytes: 10KB }, proxy: "socks5://proxy.example.com"', 10_000],
];
for (const [more, maxBytes] of batches) {
  Deno.test(`batches have ${maxBytes} bytes at most with { ${more} }, and that is reported when it is less than set`, () => {
    const text = smallest.replace("token: hidden-2", `${more}${more && ", "}token: hidden-2`);
    const { hec } = loaded({ text });
    assert.equal(batchMaxBytes(hec), maxBytes);
    const reported: TelemetryEvent[] = [];
    reportSmallBatches(hec, (event) => reported.push(event));
    assert.deepEqual(
      reported.map(({ type }) => type),
      maxBytes < hec.batch.maxBytes ? ["batches_limited"] : [],
    );
  });
}
