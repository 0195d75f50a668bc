import assert from "node:assert/strict";
import type { SourceConfig } from "../../src/config/config.ts";
import { fileOf, HEC, last, SLS, type Top } from "./several_files.ts";
import { loaded, variables } from "./test_sources.ts";

function keyOf({ sls: { credentials } }: SourceConfig): string | undefined {
  return credentials.from === "options" ? credentials.accessKeyId.value.reveal() : undefined;
}

/** What holds, the sources, what the top level has, what is read of the last source, and what it is. */
const rules: [sentence: string, sources: string, Top, (last: SourceConfig) => unknown, unknown][] =
  [
    [
      "each key of sls alone",
      "- {project: p, logstore: l, sls: {timeout: 9s}}",
      {},
      (source) => [source.sls.timeoutMs, source.sls.endpoint.host, keyOf(source)],
      [9_000, "cn-hangzhou.log.aliyuncs.com", "id1"],
    ],
    [
      "credentials as a whole",
      "- {project: p, logstore: l, sls: {credentials: {file: f}}}",
      {},
      ({ sls }) => sls.credentials,
      { from: "file", file: "f" },
    ],
    [
      "an endpoint without the inherited region, still signed by v4",
      "- {project: p, logstore: l, sls: {endpoint: eu-central-1}}",
      { sls: SLS.replace("{", "{region: cn-hangzhou, ") },
      ({ sls, address }) => [sls.signature, address.connectHost],
      [{ version: "v4", region: "eu-central-1" }, "p.eu-central-1.log.aliyuncs.com"],
    ],
    [
      "an endpoint that is signed by v1, as the inherited one",
      "- {project: p, logstore: l, sls: {endpoint: eu-central-1}}",
      {},
      ({ sls }) => sls.signature,
      { version: "v1" },
    ],
    [
      "a proxy without the inherited no_proxy",
      `- {project: p, logstore: l, sls: {proxy: "http://other:1"}}`,
      { sls: SLS.replace("{", `{proxy: "http://top:1", no_proxy: "x,y", `) },
      ({ sls }) => [sls.proxy?.url, sls.noProxy],
      ["http://other:1", []],
    ],
    [
      "no proxy, where one would be inherited",
      `- {project: p, logstore: l, sls: {proxy: none}, hec: {proxy: none}}`,
      {
        sls: SLS.replace("{", `{proxy: "http://top:1", `),
        hec: HEC.replace("{", `{proxy: "http://top:1", `),
      },
      ({ sls, hec }) => [sls.proxy, hec.urls[0].proxy],
      [undefined, undefined],
    ],
    [
      "url in place of inherited urls",
      `- {project: p, logstore: l, hec: {url: "https://b", token: token2}}`,
      { hec: `{urls: ["https://a1", "https://a2"], token: token1}` },
      ({ hec }) => hec.urls.map(({ base }) => base),
      ["https://b"],
    ],
    [
      "a new collector without the inherited TLS",
      `- {project: p, logstore: l, hec: {url: "https://b", token: token2}}`,
      { hec: HEC.replace("}", ", tls: {verify: false, ca_file: f}}") },
      ({ hec }) => [hec.tls.verify, hec.tls.caFile],
      [true, undefined],
    ],
    [
      "another token at the same collector, with its TLS",
      "- {project: p, logstore: l, hec: {token: token2}}",
      { hec: HEC.replace("}", ", tls: {verify: false}}") },
      ({ hec }) => [hec.token.value.reveal(), hec.urls[0].base, hec.tls.verify],
      ["token2", "https://a.example.com:8088", false],
    ],
    [
      "tls as a whole",
      "- {project: p, logstore: l, hec: {tls: {ca_file: g}}}",
      { hec: HEC.replace("}", ", tls: {verify: false, ca_file: f}}") },
      ({ hec }) => [hec.tls.verify, hec.tls.caFile],
      [true, "g"],
    ],
    [
      "batch key by key",
      "- {project: p, logstore: l, hec: {batch: {max_events: 7}}}",
      { hec: HEC.replace("}", ", batch: {max_events: 5, max_bytes: 2MB}}") },
      ({ hec }) => hec.batch,
      { maxBytes: 2_000_000, maxEvents: 7, maxAgeMs: 1_000 },
    ],
  ];
for (const [sentence, sources, top, read, expected] of rules) {
  Deno.test(`A source has ${sentence}`, () => {
    const files = { f: "x", g: "x" };
    const config = loaded({ text: fileOf(sources, top), files });
    assert.deepEqual(read(last(config)), expected);
    assert.deepEqual(config.sources[0].sls.id, "1", "the plain source has the top level's");
  });
}

Deno.test("What is written wins: in the source, at the top level, the variable, the default", () => {
  const env = { ...variables, SPLUNK_HEC_TOKEN: "of-variable" };
  const text = (top: string, own: string) => `
hec: {${top}}
sources: [{project: p, logstore: l${own && `, hec: {${own}}`}}]
`;
  const token = (top: string, own: string) =>
    loaded({ text: text(top, own), env }).sources[0].hec.token.value.reveal();
  assert.equal(token("", ""), "of-variable");
  assert.equal(token("token: of-top", ""), "of-top");
  assert.equal(token("token: of-top", "token: of-source"), "of-source");
  assert.equal(token("", "token: of-source"), "of-source");
  assert.equal(loaded({ text: text("", "gzip: zlib"), env }).sources[0].hec.timeoutMs, 120_000);
});

Deno.test("The top level may be absent when every source is complete", () => {
  const config = loaded({
    text: `
sources:
  - {project: p, logstore: l, consumer: {group: g}, sls: ${SLS}, hec: ${HEC}}
  - {project: p, logstore: m, consumer: {group: g}, sls: ${SLS}, hec: ${HEC}}
`,
  });
  assert.deepEqual(config.sources.map(({ sls, hec }) => [sls.id, hec.clientId, hec.setId]), [
    ["1", "1", "1"],
    ["1", "1", "1"],
  ]);
});

const ids: [sentence: string, own: string, same: [client: boolean, set: boolean]][] = [
  ["the same token once more", "{token: token1}", [true, true]],
  ["other batches", "{batch: {max_bytes: 500KB}}", [true, true]],
  ["no gzip", "{gzip: false}", [true, true]],
  ["another format", "{event_format: text}", [true, true]],
  ["cut events", "{oversize: truncate}", [true, true]],
  ["a smaller limit of events", "{max_event_bytes: 1MB}", [true, true]],
  ["no event id", "{event_id: false}", [true, true]],
  ["a fallback index", "{fallback_index: i}", [true, true]],
  ["another token", "{token: token2}", [false, true]],
  ["another TLS", "{tls: {verify: false}}", [false, true]],
  ["a proxy", `{proxy: "http://p:1"}`, [false, true]],
  ["acknowledgements", "{ack: on}", [false, true]],
  ["another timeout", "{timeout: 9s}", [false, true]],
  ["another collector", `{url: "https://b", token: token1}`, [false, false]],
];
for (const [sentence, own, [client, set]] of ids) {
  Deno.test(`A source with ${sentence} ${client ? "shares" : "has"} a client${set ? " of the same collectors" : ""}`, () => {
    const { sources: [plain, other] } = loaded({
      text: fileOf(`- {project: p, logstore: l, hec: ${own}}`),
    });
    assert.deepEqual(
      [plain.hec.clientId === other!.hec.clientId, plain.hec.setId === other!.hec.setId],
      [client, set],
    );
  });
}

Deno.test("The order of urls makes no other set of collectors", () => {
  const { sources: [plain, other] } = loaded({
    text: fileOf(`- {project: p, logstore: l, hec: {urls: ["https://b", "https://a"], token: t}}`, {
      hec: `{urls: ["https://a", "https://b"], token: t}`,
    }),
  });
  assert.equal(plain.hec.clientId, other!.hec.clientId);
});

Deno.test("Workers are as many as the collectors with the fewest requests allow", async () => {
  const { workerCount } = await import("../../src/config/worker_count.ts");
  const config = loaded({
    text: fileOf(
      `- {project: p, logstore: l, hec: {url: "https://b", token: t, max_concurrent_requests: 6}}`,
      { more: "memory_budget: 1GB" },
    ),
  });
  assert.equal(workerCount(config, 8), 3);
});

const paths: [sentence: string, own: string, sls: string, hec: string][] = [
  ["with a batch of its own", "hec: {batch: {max_events: 7}}, sls: {timeout: 9s}", "sls", "hec"],
  ["with a token of its own", "hec: {token: token2}", "sls", "sources[1].hec"],
  ["with credentials of its own", "sls: {credentials: {file: f}}", "sources[1].sls", "hec"],
];
for (const [sentence, own, sls, hec] of paths) {
  Deno.test(`Messages about a source ${sentence} name ${sls} and ${hec}`, () => {
    const source = last(loaded({ text: fileOf(`- {project: p, logstore: l, ${own}}`) }));
    assert.deepEqual([source.sls.path, source.hec.path], [sls, hec]);
  });
}
