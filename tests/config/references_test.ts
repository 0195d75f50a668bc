import assert from "node:assert/strict";
import { reloadSecret } from "../../src/config/reloadable_secret.ts";
import { splitReferences } from "../../src/config/read/references.ts";
import { loaded, reportOf, smallest } from "./test_sources.ts";

const env = (name: string) => ({ kind: "env", name });
const splits: [text: string, pieces: unknown][] = [
  ["${env:A}", [env("A")]],
  ["a${env:A}b${env:_b1}", ["a", env("A"), "b", env("_b1")]],
  ["${file:/run/a b.txt}", [{ kind: "file", name: "/run/a b.txt" }]],
  ["${file:${env:D}/t}", [{ kind: "file", name: "${env:D}/t" }]],
  ["${file:${file:t}}", undefined],
  ["${file:${env:D}", undefined],
  ["$${env:A}", ["${env:A}"]],
  ["$$${env:A}", ["$${env:A}"]],
  ["$ {env:A} $5", ["$ {env:A} $5"]],
  ["a $${ b ${env:A}", ["a ${ b ", env("A")]],
  ["${", undefined],
  ["${A}", undefined],
  ["${env:}", undefined],
  ["${env:A-B}", undefined],
  ["${env:A", undefined],
  ["${ENV:A}", undefined],
  ["${file:}", undefined],
  ["${env:A${env:B}}", undefined],
];
for (const [text, pieces] of splits) {
  Deno.test(`splitReferences() ${text} gives ${JSON.stringify(pieces)}`, () => {
    const split = splitReferences(text);
    assert.deepEqual("wrongAt" in split ? undefined : split, pieces);
  });
}

const withIndex = (value: string) =>
  smallest.replace("logstore: demo-store", `$&, index: ${value}`);

Deno.test("loadConfig() puts variables and files into text", () => {
  const text = withIndex(`"\${env:STAGE}-\${file:/run/name}"`);
  const config = loaded({ text, env: { STAGE: "prod" }, files: { "/run/name": "cloud\n" } });
  assert.equal(config.sources[0].events.index?.join(), "prod-cloud");
});

const endings: [content: string, token: string][] = [
  ["t0ken", "t0ken"],
  ["t0ken\n", "t0ken"],
  ["t0ken\r\n", "t0ken"],
];
for (const [content, token] of endings) {
  Deno.test(`loadConfig() reads a secret from a file that holds ${JSON.stringify(content)}`, () => {
    const text = smallest.replace("hidden-2", "'${file:t}'");
    assert.equal(loaded({ text, files: { t: content } }).hec.token.value.reveal(), token);
  });
}

Deno.test("loadConfig() removes only one newline from a file", () => {
  const text = smallest.replace("hidden-2", "'${file:t}'");
  assert.deepEqual(reportOf({ text, files: { t: "t0ken\n\n" } }), [
    'sls2hec.yaml:6:54: hec.token: found a value from "${file:t}"; expected an HEC token: ' +
    "visible ASCII characters, no spaces or line breaks",
  ]);
});

Deno.test("loadConfig() takes substituted text as text, not as YAML and not as a reference", () => {
  const env = { EVIL: "x, host: evil}]\n- {project: ${env:OTHER}", OTHER: "never" };
  const text = withIndex(`"\${env:EVIL}"`);
  assert.deepEqual(reportOf({ text, env }), [
    'sls2hec.yaml:7:64: sources[0].index: found a value from "${env:EVIL}"; expected an index ' +
    "name: 1 to 256 characters, no control characters; it may contain ${project}, ${logstore}, " +
    "${topic}, ${source} or ${tag:NAME}, or none",
  ]);
  const nested = loaded({ text, env: { EVIL: "${env:OTHER}", OTHER: "never" } });
  assert.equal(nested.sources[0].events.index?.join(), "${env:OTHER}");
});

Deno.test("loadConfig() reads numbers and switches out of references", () => {
  const text = `${smallest}\nmemory_budget: \${env:MEMORY}\ndrain_timeout: \${env:SECONDS}s\n`;
  const config = loaded({ text, env: { MEMORY: "64MB", SECONDS: "3" } });
  assert.equal(config.memoryBudgetBytes, 64_000_000);
  assert.equal(config.drainTimeoutMs, 3_000);
});

Deno.test("loadConfig() finds a file in a folder that a variable names, and reads it again there", () => {
  const text = smallest.replace("hidden-2", "'x${file:${env:CREDENTIALS_DIRECTORY}/hec}'");
  const files = { "/run/credentials/hec": "t0ken\n" };
  const env = { CREDENTIALS_DIRECTORY: "/run/credentials" };
  const { token } = loaded({ text, files, env }).hec;
  assert.equal(token.value.reveal(), "xt0ken");
  const read: string[] = [];
  const again = reloadSecret(token, (path) => `${read.push(path)}\n`);
  assert.deepEqual([again, read], ["x1", ["/run/credentials/hec"]]);
  assert.match(
    reportOf({ text, files })[0] ?? "",
    /"\$\{env:CREDENTIALS_DIRECTORY\}", which is not/,
  );
});

const missing: [value: string, found: string][] = [
  ["${env:NOPE}", `"\${env:NOPE}", which is not set or empty; expected a variable that is set`],
  ["${env:EMPTY}", `"\${env:EMPTY}", which is not set or empty`],
  ["${file:nope}", `"\${file:nope}", which cannot be read: there is no such file; expected a read`],
  [
    "${nope}",
    '"${nope}", which is unknown; expected ${project}, ',
  ],
];
for (const [value, found] of missing) {
  Deno.test(`loadConfig() reports ${value} once, with its place`, () => {
    const lines = reportOf({ text: withIndex(`"${value}"`), env: { EMPTY: "" } });
    assert.equal(lines.length, 1);
    assert.ok(
      lines[0]?.startsWith(`sls2hec.yaml:7:64: sources[0].index: found ${found}`),
      lines[0],
    );
  });
}

Deno.test("loadConfig() reports each reference of a text that cannot be read", () => {
  const lines = reportOf({
    text: withIndex(`"a\${env:NOPE}b\${env:SET}c\${file:nope}"`),
    env: { SET: "s" },
  });
  assert.deepEqual(lines.map((line) => /found (\S+),/.exec(line)?.[1]), [
    '"${env:NOPE}"',
    '"${file:nope}"',
  ]);
});

Deno.test("loadConfig() refuses references in keys", () => {
  const lines = reportOf({ text: `${smallest}\n\${env:KEY}: x\n`, env: { KEY: "log" } });
  assert.deepEqual(lines, [
    "sls2hec.yaml:9:1: found a key that is not plain text; expected a key without references",
  ]);
});

Deno.test("loadConfig() bounds the text that references bring in", () => {
  const list = Array(20).fill("'${file:big}'").join(", ");
  const text = `${smallest}\nledger: {file: x}\nx: [${list}]\n`;
  const lines = reportOf({ text, files: { big: "a".repeat(90_000) } });
  assert.match(lines.join("\n"), /beyond the limit; expected at most 1000000 characters/);
});
