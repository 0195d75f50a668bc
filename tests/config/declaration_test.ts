import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { exampleYaml, helpText, jsonSchema, optionsTable } from "../../src/config/render.ts";
import { declaredOptions, typeAt } from "../../src/config/schema/walk.ts";
import { loaded, reportOf, variables } from "./test_sources.ts";

const options = declaredOptions();

Deno.test("exampleYaml() loads without problems, and as the defaults say", () => {
  const fromExample = loaded({ text: exampleYaml(), env: variables });
  assert.deepEqual({ ...fromExample }, { ...loaded({ env: variables }) });
});

Deno.test("exampleYaml() names every option", () => {
  const text = exampleYaml();
  for (const { keys, path } of options) {
    assert.match(text, new RegExp(`^[ #-]*${keys.at(-1)}: `, "m"), path);
  }
});

for (const { path, keys, default: fallback, example, requiredUnless } of options) {
  Deno.test(`The declaration of ${path} has an example or default that it takes itself`, () => {
    const steps = keys.flatMap((key) => key === "sources" ? [key, 0] : [key]);
    const read = parse(String(example ?? JSON.stringify(fallback)), { schema: "failsafe" });
    if (typeof read === "string" && /\$\{/.test(read)) return; // the example as a whole is loaded above
    assert.ok(typeAt(steps)?.safeParse(read).success, String(example));
    assert.ok(fallback !== undefined || example !== undefined || requiredUnless);
  });
}

Deno.test("helpText() gives each option's line, default and variable", () => {
  const text = helpText();
  for (const { path, help } of options) {
    assert.ok(text.includes(`\n  ${path}: `), path);
    assert.ok(text.includes(`\n      ${help}`), path);
  }
  assert.match(text, /^ {2}hec\.timeout: duration, default 120s$/m);
  assert.match(text, /^ {2}hec\.token: secret, required, variable SPLUNK_HEC_TOKEN$/m);
  assert.match(text, /^ {2}hec\.url: URL, required unless urls is set, variable SPLUNK_HEC_URL$/m);
  assert.match(
    text,
    /^ {2}sources\[\]\.index: text, without it the token's own, variable SPLUNK_INDEX$/m,
  );
  assert.ok(text.split("\n").every((line) => line.length <= 120));
});

Deno.test("optionsTable() gives each option one row of the same columns", () => {
  const [head, line, ...rows] = optionsTable().split("\n");
  assert.equal(head, "| Option | Value | Default | Variable | What it does |");
  assert.equal(line, "| --- | --- | --- | --- | --- |");
  assert.deepEqual(
    rows.map((row) => /^\| `([^`]+)` \|/.exec(row)?.[1]),
    options.map(({ path }) => path),
  );
  for (const row of rows) assert.equal(row.split(" | ").length, 5, row);
  const size = "| `hec.max_event_bytes` | size | `4.9MB` |  |";
  assert.ok(rows.some((row) => row.startsWith(size)));
});

Deno.test("The declaration gives each variable to one option", () => {
  const names = options.flatMap(({ env }) => env ?? []);
  assert.deepEqual(names.toSorted(), [
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    "ALIBABA_CLOUD_STS_ENDPOINT",
    "SLS_AK_ID",
    "SLS_AK_KEY",
    "SLS_CG",
    "SLS_ENDPOINT",
    "SLS_LOGSTORE",
    "SLS_PROJECT",
    "SLS_PROXY",
    "SLS_REGION",
    "SLS_SECURITY_TOKEN",
    "SPLUNK_HEC_ACK",
    "SPLUNK_HEC_CA_FILE",
    "SPLUNK_HEC_PROXY",
    "SPLUNK_HEC_TOKEN",
    "SPLUNK_HEC_URL",
    "SPLUNK_INDEX",
    "SPLUNK_SOURCE",
    "SPLUNK_SOURCETYPE",
  ]);
});

Deno.test("jsonSchema() takes the example and refuses what the parser refuses", () => {
  const check = z.fromJSONSchema(jsonSchema());
  const problems = (value: unknown) =>
    check.safeParse(value).error?.issues.map(({ path }) => path.join("."));
  assert.equal(problems(parse(exampleYaml())), undefined);
  assert.equal(
    problems({ drain_timeout: "${env:X}", hec: { gzip: false, max_concurrent_requests: 9 } }),
    undefined,
  );
  assert.deepEqual(problems({ lgo: {}, drain_timeout: 8, sources: [{ indx: "a" }] }), [
    "sources.0",
    "drain_timeout",
    "",
  ]);
});

Deno.test("jsonSchema() describes every option", () => {
  const text = JSON.stringify(jsonSchema());
  for (const { help, path } of options) assert.ok(text.includes(JSON.stringify(help)), path);
});

Deno.test("loadConfig() of an empty file names every option that must have a value", () => {
  const named = reportOf({ text: "" }).map((line) => line.split(" ")[1]?.replace("[0]", "[]"));
  const needed = options.filter(({ required, requiredUnless }) => required || requiredUnless);
  assert.deepEqual(named.toSorted(), needed.map(({ path }) => `${path}:`).toSorted());
});

Deno.test("every exported symbol and member in src/config has a line of documentation", async () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...sourceFiles(`${root}src/config`)],
    env: { NO_COLOR: "1" },
  }).output();
  // Types that follow from the declaration have no explicit type to document.
  const report = new TextDecoder().decode(stderr);
  assert.match(report, /documentation lint errors/);
  const missing = report.split(/^error/m)
    .filter((error) => error.startsWith("[missing-jsdoc]"));
  assert.deepEqual(missing, []);
});

function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? sourceFiles(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}
