import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { loaded, reportOf, smallest, sourceOf, variables } from "./test_sources.ts";

const withHec = (keys: string) =>
  smallest.replace("token: hidden-2", (found) => `${found}, ${keys}`);

Deno.test("hec.headers have values from wherever a secret may come from", () => {
  const text = withHec(
    'headers: {X-Api-Key: "${file:k}", x-tenant: "Bearer a b", "X.1~": "${env:E}"}',
  );
  const { headers } = loaded({ text, env: { E: "e-1" }, files: { k: "key-1\n" } }).hec;
  const values = Object.entries(headers).map(([name, value]) => [name, value.reveal()]);
  assert.deepEqual(values, [["X-Api-Key", "key-1"], ["x-tenant", "Bearer a b"], ["X.1~", "e-1"]]);
});

const owned = [
  "Host",
  "authorization",
  "Content-Length",
  "CONTENT-TYPE",
  "content-encoding",
  "Transfer-Encoding",
  "Connection",
  "Keep-Alive",
  "TE",
  "Trailer",
  "Upgrade",
  "Expect",
  "Cookie",
  "User-Agent",
  "Accept-Encoding",
  "x-splunk-request-channel",
  "Proxy-Authorization",
  "proxy-anything",
];
for (const name of owned) {
  Deno.test(`hec.headers cannot have ${name}, which HEC, HTTP or the program decides`, () => {
    assert.deepEqual(reportOf({ text: withHec(`headers: {${name}: hidden-3}`) }), [
      `sls2hec.yaml:6:${76 + name.length}: hec.headers.${name}: found a value; expected another ` +
      "header: HEC, HTTP or the program itself decides this one",
    ]);
  });
}

const many = Array.from({ length: 21 }, (_, at) => `x${at}: y`).join(", ");
const wrong: [sentence: string, headers: string, report: RegExp][] = [
  [
    "a name with a space",
    '{"X Key": hidden-3}',
    /expected a header name: 1 to 64 letters, digits and characters such as - and _, no spaces$/,
  ],
  ["an empty name", '{"": hidden-3}', /expected a header name:/],
  ["a name with other letters", "{Schlüssel: hidden-3}", /expected a header name:/],
  ["a name of 65 letters", `{${"x".repeat(65)}: hidden-3}`, /expected a header name:/],
  [
    "the same name in other letters",
    "{X-Key: a, x-kEY: b}",
    /headers\.x-kEY: found a value; expected each header once, whatever the case of its letters$/,
  ],
  [
    "a value with a line break",
    '{X-Key: "hidden-3\\nX-Other: a"}',
    /headers\.X-Key: found a value; expected a header's value: 1 to 4096 visible ASCII characters, spaces only between them$/,
  ],
  [
    "an empty value",
    '{X-Key: ""}',
    /headers\.X-Key: found an empty text; expected a header's value:/,
  ],
  ["a value with a space behind it", '{X-Key: "hidden-3 "}', /expected a header's value:/],
  ["a value with other letters", "{X-Key: hidden-ü}", /expected a header's value:/],
  ["a value of 4,097 characters", `{X-Key: ${"h".repeat(4_097)}}`, /expected a header's value:/],
  [
    "a value that is a list",
    "{X-Key: [a]}",
    /headers\.X-Key: found a list; expected a header's value:/,
  ],
  [
    "a list",
    "[X-Key]",
    /headers: found a list; expected a mapping of header names to values, such as/,
  ],
  ["more than 20", `{${many}}`, /headers: found a mapping; expected at most 20 headers$/],
  [
    "a template",
    '{X-Key: "${topic}"}',
    /headers\.X-Key: found \$\{topic\}, which is not replaced here; .*parts that differ by log group are for/,
  ],
];
for (const [sentence, headers, report] of wrong) {
  Deno.test(`hec.headers cannot have ${sentence}`, () => {
    const lines = reportOf({ text: withHec(`headers: ${headers}`) });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0]!, report);
    assert.doesNotMatch(lines[0]!, /hidden-/);
  });
}

const second = (hec: string) =>
  smallest.replace(
    "{project: demo-project, logstore: demo-store}",
    (found) => `${found}, {project: demo-project, logstore: other, hec: {${hec}}}`,
  );

Deno.test("sources with other headers have another client of the same collectors", () => {
  const text = second("headers: {X-Key: b}");
  const [one, other] = loaded({ text }).sources;
  assert.notEqual(one.hec.clientId, other!.hec.clientId);
  assert.equal(one.hec.setId, other!.hec.setId);
});

Deno.test("a source's own collectors get no headers of the others", () => {
  const text = second('url: "https://other", token: t').replace(
    "token: hidden-2",
    "$&, headers: {X-Key: k}",
  );
  const [one, other] = loaded({ text }).sources;
  assert.deepEqual([Object.keys(one.hec.headers), other!.hec.headers], [["X-Key"], {}]);
});

Deno.test("a source's own headers are checked as those of the top level", () => {
  assert.deepEqual(reportOf({ text: second("headers: {Authorization: hidden-3}") }), [
    "sls2hec.yaml:7:130: sources[1].hec.headers.Authorization: found a value; expected another " +
    "header: HEC, HTTP or the program itself decides this one",
  ]);
});

Deno.test("compile takes headers whose values are not on this machine", () => {
  const text = withHec('headers: {X-Key: "${file:/run/key}"}');
  const result = loadConfig(sourceOf({ text }), "compile");
  assert.ok(result.ok);
  assert.deepEqual(result.unknown, ['"${file:/run/key}" (hec.headers.X-Key)']);
  assert.ok(result.grant.read.includes("/run/key"));
});

Deno.test("a value of a header that is written in a file that every user may read is a warning", () => {
  const text = smallest.replace("access_key_id: id, access_key_secret: hidden-1", "file: f")
    .replace("token: hidden-2", 'token: "${env:T}", headers: {X-Key: hidden-3}');
  const source = { ...sourceOf({ text, env: { T: "t" } }), modeOf: () => 0o644 };
  const result = loadConfig(source);
  assert.ok(result.ok);
  assert.ok(
    result.config.warnings.some(({ place, message }) =>
      place.endsWith("hec.headers.X-Key") && message.includes("holds a secret itself")
    ),
  );
});

const rates: [top: string, own: string, report: RegExp | undefined][] = [
  ["rate: 10MB", "token: t", undefined],
  ["rate: 10MB", "token: t, rate: 10000KB/s", undefined],
  [
    "rate: 10MB",
    "token: t, rate: 5MB",
    /sources\[1\]\.hec\.rate: found "5MB"; expected one value for all tokens of the same collectors, as at sls2hec\.yaml:6:\d+: hec\.rate$/,
  ],
  ["gzip: true", "token: t, rate: 5MB", /sources\[1\]\.hec\.rate: .* as by default for hec$/],
  ["rate: 10MB", 'url: "https://other", token: t, rate: 5MB', undefined],
];
for (const [top, own, report] of rates) {
  Deno.test(`collectors with {${top}} and a source with {${own}} are ${report ? "refused" : "taken"}`, () => {
    const text = second(own).replace("token: hidden-2", (found) => `${found}, ${top}`);
    if (!report) return void loaded({ text });
    const lines = reportOf({ text });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0]!, report);
  });
}

const byVariable: [
  name: string,
  value: string,
  read: (config: ReturnType<typeof loaded>) => unknown,
  shown: unknown,
][] = [
  ["SPLUNK_HEC_CA_FILE", "/ca.pem", ({ sources: [{ hec }] }) => hec.tls.caFile, "/ca.pem"],
  ["SPLUNK_HEC_ACK", "on", ({ sources: [{ hec }] }) => hec.ack, "on"],
  [
    "SPLUNK_HEC_PROXY",
    "http://p:1",
    ({ sources: [{ hec }] }) => hec.urls[0].proxy?.url,
    "http://p:1",
  ],
  ["SLS_PROXY", "http://p:1", ({ sources: [{ sls }] }) => sls.proxy?.url, "http://p:1"],
];
for (const [name, value, read, shown] of byVariable) {
  Deno.test(`the variable ${name} needs no file`, () => {
    assert.equal(read(loaded({ env: { ...variables, [name]: value } })), shown);
    assert.notEqual(read(loaded({ env: variables })), shown);
  });
}

Deno.test("SPLUNK_HEC_PROXY may ask for the proxies of the environment", () => {
  const env = { ...variables, SPLUNK_HEC_PROXY: "env", HTTPS_PROXY: "http://q:2" };
  assert.equal(loaded({ env }).sources[0].hec.urls[0].proxy?.url, "http://q:2");
});

Deno.test("variables of the collector fill the top level alone", () => {
  const text = second('url: "https://other", token: t');
  const [one, other] = loaded({ text, env: { SPLUNK_HEC_CA_FILE: "/ca.pem" } }).sources;
  assert.deepEqual([one.hec.tls.caFile, other!.hec.tls.caFile], ["/ca.pem", undefined]);
});
