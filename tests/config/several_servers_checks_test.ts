import assert from "node:assert/strict";
import type { SourceConfig } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { fileOf, HEC, last, SLS, type Top } from "./several_files.ts";
import { type Given, loaded, reportOf, sourceOf } from "./test_sources.ts";

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
