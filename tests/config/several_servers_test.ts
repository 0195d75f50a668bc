import assert from "node:assert/strict";
import type { Config, SourceConfig } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { type Given, loaded, reportOf, sourceOf, variables } from "./test_sources.ts";

const SLS = "{endpoint: cn-hangzhou, credentials: {access_key_id: id1, access_key_secret: key1}}";
const HEC = `{url: "https://a.example.com:8088", token: token1}`;

/** A file with one plain source and the sources of a case. */
function fileOf(sources: string, { sls = SLS, hec = HEC, more = "" } = {}): string {
  return `
sls: ${sls}
consumer: {group: g}
hec: ${hec}
${more}
sources:
  - {project: p, logstore: plain}
${sources.trim().split("\n").map((line) => `  ${line}`).join("\n")}
`;
}

/** The last source of a file. */
function last({ sources }: Config): SourceConfig {
  return sources.at(-1)!;
}

function keyOf({ sls: { credentials } }: SourceConfig): string | undefined {
  return credentials.from === "options" ? credentials.accessKeyId.value.reveal() : undefined;
}

type Top = Parameters<typeof fileOf>[1];

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

const names: [sentence: string, sources: string, names: string[]][] = [
  ["its logstore", "- {project: p, logstore: l}", ["p/plain", "p/l"]],
  [
    "its group, where two read a logstore",
    "- {project: p, logstore: plain, consumer: {group: h}}",
    ["p/plain@g", "p/plain@h"],
  ],
  [
    "its host, where two regions have the project",
    "- {project: p, logstore: plain, sls: {endpoint: cn-beijing}}",
    [
      "p/plain@g@p.cn-hangzhou.log.aliyuncs.com:443",
      "p/plain@g@p.cn-beijing.log.aliyuncs.com:443",
    ],
  ],
  [
    "its group alone, where that is enough",
    `
- {project: p, logstore: plain, sls: {endpoint: cn-beijing}}
- {project: p, logstore: plain, consumer: {group: h}}`,
    [
      "p/plain@g@p.cn-hangzhou.log.aliyuncs.com:443",
      "p/plain@g@p.cn-beijing.log.aliyuncs.com:443",
      "p/plain@h",
    ],
  ],
  [
    "the name that is written",
    "- {name: waf.eu/1, project: p, logstore: plain, consumer: {group: h}}",
    ["p/plain", "waf.eu/1"],
  ],
];
for (const [sentence, sources, expected] of names) {
  Deno.test(`A source is named by ${sentence}`, () => {
    assert.deepEqual(loaded({ text: fileOf(sources) }).sources.map(({ name }) => name), expected);
  });
}

/** What is wrong, the sources, what the top level has, and the lines of the report. */
const refused: [sentence: string, sources: string, Top, lines: RegExp[]][] = [
  [
    "a new collector without a token",
    `- {project: p, logstore: l, hec: {url: "https://b"}}`,
    {},
    [/:8:\d+: sources\[1\]\.hec\.token: found nothing; expected an HEC token/],
  ],
  [
    "an endpoint without a region where v4 is inherited",
    `- {project: p, logstore: l, sls: {endpoint: "http://10.0.0.7"}}`,
    { sls: SLS.replace("{", "{region: cn-hangzhou, ") },
    [/:8:\d+: sources\[1\]\.sls\.region: found nothing; expected a region such as cn-hangzhou/],
  ],
  [
    "half of a pair of keys, of which the other half is not inherited",
    "- {project: p, logstore: l, sls: {credentials: {access_key_id: a}}}",
    {},
    [/sources\[1\]\.sls\.credentials\.access_key_secret: found nothing; expected an access key/],
  ],
  [
    "an unknown key of a source's own options",
    "- {project: p, logstore: l, hec: {tokn: t}}",
    {},
    [/:8:\d+: sources\[1\]\.hec\.tokn: found an unknown key; expected token \(the nearest/],
  ],
  [
    "a wrong value, once",
    "- {project: p, logstore: l, hec: {batch: {max_events: many}}}",
    {},
    [/sources\[1\]\.hec\.batch\.max_events: found "many"; expected a whole number/],
  ],
  [
    "options that are no mapping",
    "- {project: p, logstore: l, hec: [a]}",
    {},
    [/:8:\d+: sources\[1\]\.hec: found a list; expected a mapping of options$/],
  ],
  [
    "a wrong value at the top level once, however many sources inherit it",
    "- {project: p, logstore: l, hec: {token: t}}",
    { hec: HEC.replace("}", ", timeout: soon}") },
    [/:4:\d+: hec\.timeout: found "soon"; expected a duration/],
  ],
  [
    "a wrong value at the top level that no source inherits",
    `- {project: p, logstore: l}`,
    { sls: "{endpoint: cn-hangzhou, credentials: {file: f}, timeout: soon}" },
    [/:2:\d+: sls\.timeout: found "soon"; expected a duration/],
  ],
  [
    "two numbers of requests for the same collectors, with both places",
    "- {project: p, logstore: l, hec: {token: t, max_concurrent_requests: 3}}",
    { hec: HEC.replace("}", ", max_concurrent_requests: 4}") },
    [
      /:8:\d+: sources\[1\]\.hec\.max_concurrent_requests: found "3"; expected one value .* at sls2hec\.yaml:4:\d+: hec\.max_concurrent_requests$/,
    ],
  ],
  [
    "a number of requests beside the default for the same collectors",
    "- {project: p, logstore: l, hec: {token: t, max_concurrent_requests: 3}}",
    {},
    [/sources\[1\]\.hec\.max_concurrent_requests: found "3"; .* as by default for hec$/],
  ],
  [
    "two ages of connections to the same collectors",
    "- {project: p, logstore: l, hec: {retire: {after: 9s}}}",
    {},
    [/sources\[1\]\.hec\.retire\.after: found "9s"; expected one value for all tokens/],
  ],
  [
    "the same logstore, group and host twice",
    "- {project: p, logstore: plain, sls: {timeout: 9s}}",
    {},
    [/:8:\d+: sources\[1\]: found p\/plain with group g, as in sources\[0\]; expected each/],
  ],
  [
    "the same name twice",
    "- {name: p/plain, project: p, logstore: l}",
    {},
    [/:8:\d+: sources\[1\]\.name: found .*; expected a name that no other source has; sources\[0\]/],
  ],
  [
    "a name with a blank",
    "- {name: a b, project: p, logstore: l}",
    {},
    [/sources\[1\]\.name: found "a b"; expected a name: 1 to 128 letters/],
  ],
  [
    "a batch that is too large for the memory, at its source",
    "- {project: p, logstore: l, hec: {batch: {max_bytes: 9MB}}}",
    {},
    [/sources\[1\]\.hec\.batch\.max_bytes: found "9MB"; expected at most a quarter of memory/],
  ],
  [
    "more workers than the requests of one set of collectors",
    `- {project: p, logstore: l, hec: {url: "https://b", token: t, max_concurrent_requests: 2}}`,
    { more: "workers: 3\nmemory_budget: 1GB" },
    [/workers: found "3"; expected at most sources\[1\]\.hec\.max_concurrent_requests: 2$/],
  ],
  [
    "a fingerprint with a collector without TLS, at its source",
    `- {project: p, logstore: l, hec: {url: "http://b", token: t, tls: {fingerprint: "${
      "ab".repeat(32)
    }"}}}`,
    {},
    [/sources\[1\]\.hec\.tls\.fingerprint: found .*; expected only https URLs/],
  ],
];
for (const [sentence, sources, top, patterns] of refused) {
  Deno.test(`Sources with options of their own: loadConfig() refuses ${sentence}`, () => {
    const lines = reportOf({ text: fileOf(sources, top) });
    assert.equal(lines.length, patterns.length, lines.join("\n"));
    patterns.forEach((pattern, index) => assert.match(lines[index]!, pattern));
  });
}

Deno.test("A source's own secrets, files and hosts are read, granted and hidden as those of the top level", () => {
  const text = fileOf(
    `- {project: p, logstore: l, sls: {endpoint: "http://10.0.0.7", proxy: "http://u:w@proxy:1", credentials: {file: keys}}, hec: {url: "https://b", token: "\${file:token}", tls: {ca_file: ca}}}`,
  );
  const given: Given = { text, files: { token: "token2\n" } };
  const result = loadConfig(sourceOf(given));
  assert.ok(result.ok);
  const { net, read, why } = result.grant;
  for (const host of ["10.0.0.7:80", "proxy:1", "b:443", "a.example.com:8088"]) {
    assert.ok(net.includes(host), `${host} of ${net}`);
  }
  for (const file of ["keys", "token", "ca"]) assert.ok(read.includes(file), `${file} of ${read}`);
  assert.equal(why.find(({ value }) => value === "proxy:1")?.reason, "sources[1].sls.proxy");
  assert.equal(why.find(({ value }) => value === "ca")?.reason, "sources[1].hec.tls.ca_file");
  assert.equal(last(result.config).hec.token.parts?.length, 1);
  assert.doesNotMatch(JSON.stringify(result.config), /token2|key1/);
});

Deno.test("A source that repeats the top level in its own words is configured as without them", () => {
  const plain = loaded({ text: fileOf("- {project: p, logstore: l}") });
  const repeated = loaded({
    text: fileOf(`- {project: p, logstore: l, sls: ${SLS}, hec: ${HEC}}`),
  });
  const withoutPath = (source: SourceConfig) => ({
    ...source,
    sls: { ...source.sls, path: "" },
    hec: { ...source.hec, path: "" },
  });
  assert.deepEqual(withoutPath(last(repeated)), withoutPath(last(plain)));
});

Deno.test("compile takes sources whose secrets are not on this machine, and names what it must know", () => {
  const own = (sls: string, hec: string) =>
    fileOf(`- {project: p, logstore: l, sls: ${sls}, hec: ${hec}}`);
  const missing = own(
    `{credentials: {access_key_id: "\${env:A}", access_key_secret: "\${env:B}"}}`,
    `{url: "https://b", token: "\${env:T}"}`,
  );
  const result = loadConfig(sourceOf({ text: missing }), "compile");
  assert.ok(result.ok);
  assert.deepEqual(result.unknown.map((text) => text.replace(/.*\(|\)/g, "")), [
    "sources[1].sls.credentials.access_key_id",
    "sources[1].sls.credentials.access_key_secret",
    "sources[1].hec.token",
  ]);
  const lacking = loadConfig(sourceOf({ text: own("{}", `{url: "\${env:URL}"}`) }), "compile");
  assert.ok(!lacking.ok);
  assert.deepEqual(lacking.problems.map(({ path }) => path), ["sources[1].hec.url"]);
});

Deno.test("checkpoint needs no collector of any source", () => {
  const result = loadConfig(
    sourceOf({
      text: `
sls: ${SLS}
consumer: {group: g}
sources: [{project: p, logstore: l}, {project: p, logstore: m, hec: {gzip: false}}]
`,
    }),
    "checkpoint",
  );
  assert.ok(result.ok);
});
