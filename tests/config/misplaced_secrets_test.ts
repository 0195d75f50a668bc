import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { declaredOptions } from "../../src/config/schema/walk.ts";
import { sls2hec } from "../support/command.ts";
import { smallest, sourceOf, variables } from "./test_sources.ts";

/** Secrets as they look; each has digits and letters in a way that names have not. */
const MARKERS = [
  "hunter2X-9f8e7d6c-Zq",
  "B5A79AAD-D822-46CC-80D1-819F80D7BFB0",
  "wJalrXUtnFEMIK7MDENGbPxRfiCYzKq",
  "CAISdGVzdA==9xQ+zz/LTAI5tQnV",
];

/** Not the whole secret, and not the 8 characters at either end. */
function assertHidden(marker: string, shown: string, text: string): void {
  const near = shown.toLowerCase();
  for (const part of [marker.slice(0, 8), marker.slice(-8)]) {
    assert.ok(!near.includes(part.toLowerCase()), `${text}\n→ ${shown}`);
  }
}

const quoted = JSON.stringify;
const pem = (s: string) => `-----BEGIN PRIVATE KEY-----\n${s}${s}\n-----END PRIVATE KEY-----\n`;

/** Ways to write a secret where it does not belong, as YAML behind `key:`. */
const shapes: [shape: string, yaml: (secret: string) => string][] = [
  ["a URL with a login and a number sign", (s) => quoted(`http://user:${s}#x@p`)],
  ["a URL with a login and a question mark", (s) => quoted(`http://user:${s}?x@p`)],
  ["a URL with a login and a slash", (s) => quoted(`http://user:${s}/x@p`)],
  ["a URL with a login and a backslash", (s) => quoted(`http://user:${s}\\x@p`)],
  ["a URL with a login and a blank", (s) => quoted(`http://user:${s} x@p`)],
  ["a URL with a login and two @", (s) => quoted(`http://user:${s}@x@p`)],
  ["a URL with a login and an @ before it", (s) => quoted(`http://us@er:${s}@p:1`)],
  ["a URL with a login and no host", (s) => quoted(`http://user:${s}@`)],
  ["a URL with a login and nothing behind it", (s) => quoted(`http://user:${s}`)],
  ["a URL with a login and a path", (s) => quoted(`https://user:${s}@splunk:8088/x`)],
  ["a URL with a login", (s) => quoted(`https://user:${s}@splunk:8088`)],
  ["a URL with a secret alone", (s) => quoted(`https://${s}@splunk:8088`)],
  ["a URL with the secret as a port", (s) => quoted(`https://splunk:${s}/x y`)],
  ["a URL with the secret in its path", (s) => quoted(`ftp://splunk:8088/${s}`)],
  ["a URL with the secret in its query", (s) => quoted(`ftp://splunk:8088/x?token=${s}`)],
  ["a URL with the secret in its query behind an @", (s) => quoted(`ftp://h/?u=a@${s}`)],
  ["a URL with the secret in its fragment", (s) => quoted(`ftp://splunk:8088/#${s}`)],
  ["a URL of another scheme", (s) => quoted(`ldap+x://user:${s}@p`)],
  ["a URL with one slash", (s) => quoted(`http:/user:${s}@p`)],
  ["a URL without slashes", (s) => quoted(`http:user:${s}@p`)],
  ["a login with a host and a port", (s) => quoted(`user:${s}@host:3128`)],
  ["a login", (s) => quoted(`user:${s}`)],
  ["a login without quotes", (s) => `user:${s}`],
  ["a login and a blank", (s) => quoted(`user: ${s}`)],
  ["hosts with a login", (s) => quoted(`localhost,user:${s}@proxy, b c`)],
  ["hosts with a login and no @", (s) => quoted(`localhost,user:${s} x,@`)],
  ["an Authorization header", (s) => quoted(`Splunk ${s}`)],
  ["an Authorization header with its name", (s) => quoted(`Authorization: Basic ${s}`)],
  ["a PEM key", (s) => quoted(pem(s))],
  ["a PEM key on one line", (s) => quoted(pem(s).replaceAll("\n", " "))],
  ["a PEM key as a block", (s) => `|\n${pem(s).replaceAll(/^/gm, "      ")}`],
  ["a PEM key without quotes", (s) => `-----BEGIN PRIVATE KEY----- ${s}`],
  ["credentials as JSON", (s) => quoted(`{"AccessKeyId":"x","AccessKeySecret":"${s}"}`)],
  ["a command", (s) => quoted(`$(echo ${s})`)],
  ["the secret with a line break", (s) => quoted(`${s}\n`)],
  ["the secret with controls", (s) => quoted(`${s}\u0000\u202e`)],
  ["a list", (s) => `[${s}]`],
  ["a list of logins", (s) => `["http://user:${s}#@p", "user:${s}"]`],
  ["a mapping with the secret as value", (s) => `{a: ${s}}`],
  ["a mapping with the secret as key", (s) => `{${s}: a}`],
  ["a mapping with the secret as key twice", (s) => `{${s}: a, ${s}: b}`],
  ["a mapping with the secret as key of a wrong reference", (s) => `{${s}: "\${bad"}`],
  ["a mapping with the secret as key and an unknown alias", (s) => `{${s}: *x}`],
  ["a flow mapping without a blank", (s) => `{ token:${s} }`],
  ["a flow mapping without a blank, in quotes", (s) => `{ token:"${s}" }`],
  ["a mapping of deeper keys", (s) => `{a: {${s}: {b: [${s}]}}}`],
  ["an open quote", (s) => `"${s}`],
  ["an open bracket", (s) => `[${s}`],
  ["two values", (s) => `'${s}' ${s}`],
  ["an escape that is none", (s) => `"${s}\\q"`],
  ["a tag", (s) => `!${s.replace(/[^\w-]/g, "")} x`],
  ["an anchor", (s) => `&${s} [a]`],
  ["an alias", (s) => `*${s}`],
  ["a colon behind it", (s) => `${s}: a: b`],
  ["the name of a variable", (s) => `\${env:${s.replace(/\W/g, "_")}}`],
  ["the name of a variable that is none", (s) => `"\${env:${s}}"`],
  ["the name of a file", (s) => `"\${file:${s}}"`],
  ["the name of a file behind a variable", (s) => `"\${file:\${env:${s.replace(/\W/g, "_")}}}"`],
  ["a reference that is not closed", (s) => `"\${env:${s.replace(/\W/g, "_")}"`],
  ["text in place of a variable's name", (s) => `"\${${s}}"`],
  ["a variable that holds it", () => "${env:LEAKED} x"],
  ["a file that holds it", () => "${file:/leaked} x"],
];

/** The smallest file, with this behind an option's key. */
function withValue(keys: readonly string[], yaml: string): string {
  let value = ` ${yaml}`;
  const lines: string[] = [];
  const [first, ...others] = keys;
  if (first === "sources") {
    value = `\nsources:\n  - project: p\n    logstore: l\n${nested(others, value, 4)}`;
    return `${withoutTop(smallest, "sources")}${value}\n`;
  }
  lines.push(nested(keys, value, 0));
  // A group that is given again as a whole lacks the rest, which is reported as well.
  return `${withoutTop(smallest, first!)}\n${lines.join("\n")}\n`;
}

function nested(keys: readonly string[], value: string, indent: number): string {
  return keys.map((key, depth) => {
    const start = `${" ".repeat(indent + 2 * depth)}${key}:`;
    return depth === keys.length - 1 ? start + value : start;
  }).join("\n");
}

/** Without one of the top-level keys. */
function withoutTop(text: string, key: string): string {
  return text.replace(new RegExp(`^${key}:(?:.*\\n)(?:^[ #].*\\n|^\\n)*`, "m"), "");
}

function reportOf(text: string, marker: string): string {
  const source = sourceOf({
    text,
    env: { ...variables, LEAKED: marker },
    files: { "/leaked": marker },
  });
  const result = loadConfig(source);
  return result.ok ? "" : formatProblems(result.problems);
}

for (const [number, { keys, path }] of declaredOptions().entries()) {
  Deno.test(`loadConfig() hides what is written in a wrong way at ${path}`, () => {
    let refused = 0;
    for (const [at, [shape, yaml]] of shapes.entries()) {
      const marker = MARKERS[(at + number) % MARKERS.length]!;
      const text = withValue(keys, yaml(marker));
      const report = reportOf(text, marker);
      if (report !== "") refused++;
      assertHidden(marker, report, `${path}: ${shape}: ${yaml(marker)}`);
    }
    assert.ok(refused > shapes.length / 3, `${refused} were refused`);
  });
}

const places: [place: string, text: (secret: string) => string][] = [
  ["an unknown key near a known one", (s) => `hec:\n  tokn: ${s}\n`],
  ["an unknown key", (s) => `hec:\n  ${s}: x\n`],
  ["an unknown key at the top", (s) => `${s}: x\n`],
  ["an unknown key twice", (s) => `${s}: x\n${s}: y\n`],
  ["a flow mapping without a blank", (s) => `hec: { url: "https://h", token:${s} }\n`],
  ["a flow mapping with the secret alone", (s) => `hec: { url: "https://h", ${s} }\n`],
  ["a key without a blank", (s) => `hec:\n  url: https://h\n  token:${s}\n`],
  ["a group that is a text", (s) => `hec: ${s}\n`],
  ["a list item that is a text", (s) => `sources: [${s}]\n`],
  ["a topic", (s) => `sources:\n  - expand_json: {${s}: x}\n`],
  ["a name of a header", (s) => `hec:\n  headers: {"${s} ": x}\n`],
  ["a value of a header", (s) => `hec:\n  headers: {X-Key: "${s}\\n"}\n`],
  ["a value of a header that is HEC's", (s) => `hec:\n  headers: {Authorization: ${s}}\n`],
  ["a name of a field", (s) => `sources:\n  - fields: {"${s}-": x}\n`],
  ["a key of a route", (s) => `sources:\n  - routes: [{${s}: x}]\n`],
  ["a tag of a route", (s) => `sources:\n  - routes: [{tag: {${s}: {a: b}}}]\n`],
  ["a part of a template", (s) => `sources:\n  - host: "\${${s}}"\n`],
  ["a tag of an index that differs", (s) => `sources:\n  - index: "\${tag:${s}}"\n`],
  ["a tag where none is replaced", (s) => `sources:\n  - query: "\${tag:${s}}"\n`],
  ["the whole file", (s) => `${s}\n`],
  ["the whole file as a list", (s) => `- ${s}\n`],
  ["a second document", (s) => `hec:\n  token: ${s}\n---\n${s}: x\n`],
  ["a directive", (s) => `%${s}\n---\nhec: x\n`],
  ["a tab", (s) => `hec:\n\ttoken: ${s}\n`],
  ["a wrong indentation", (s) => `hec:\n    token: ${s}\n  url: x\n`],
];
for (const [place, text] of places) {
  Deno.test(`loadConfig() hides a secret that is written as ${place}`, () => {
    for (const marker of MARKERS) {
      const report = reportOf(text(marker), marker);
      assert.notEqual(report, "");
      assertHidden(marker, report, text(marker));
    }
  });
}

const environments: [name: string, value: (secret: string) => string][] = [
  ["SPLUNK_HEC_TOKEN", (s) => `${s}\n`],
  ["SPLUNK_HEC_TOKEN", (s) => `Splunk ${s}`],
  ["SPLUNK_HEC_URL", (s) => `https://user:${s}@splunk:8088`],
  ["SPLUNK_HEC_URL", (s) => `user:${s}`],
  ["SLS_ENDPOINT", (s) => `user:${s}@host`],
  ["SLS_ENDPOINT", (s) => `https://id:${s}#@host`],
  ["SLS_AK_ID", (s) => `${s} x`],
  ["SLS_AK_KEY", (s) => `${s}\r\n`],
  ["SLS_SECURITY_TOKEN", (s) => `${s} x`],
  ["SLS_PROJECT", (s) => `${s} x`],
  ["SLS_PROJECTS", (s) => `${s};${s} x`],
  ["SLS_ENDPOINTS", (s) => `user:${s}@host;https://id:${s}#@host`],
  ["SLS_LOGSTORES", (s) => `${s} x,;`],
  ["SPLUNK_HEC_ACK", (s) => s],
  ["SPLUNK_HEC_PROXY", (s) => `http://user:${s}#@p`],
  ["SLS_PROXY", (s) => `user:${s}`],
  ["SLS_CG", (s) => `${s}:x`],
];
for (const [name, value] of environments) {
  Deno.test(`loadConfig() hides a secret in the variable ${name}: ${quoted(value("SECRET"))}`, () => {
    for (const marker of MARKERS) {
      const env = { ...variables, [name]: value(marker) };
      const result = loadConfig(sourceOf({ env }));
      assert.ok(!result.ok);
      assertHidden(marker, formatProblems(result.problems), name);
    }
  });
}

Deno.test("loadConfig() hides a login in the proxy variables", () => {
  for (const marker of MARKERS) {
    for (const value of [`http://user:${marker}#@p`, `user:${marker}`, `user:${marker}@p:x`]) {
      const env = { ...variables, HTTPS_PROXY: value, NO_PROXY: `user:${marker}@p,10.0.0.0/99` };
      const text = smallest.replace("hec: {", "hec: {proxy: env, ");
      const result = loadConfig(sourceOf({ text, env }));
      assert.ok(!result.ok, value);
      assertHidden(marker, formatProblems(result.problems), value);
    }
  }
});

Deno.test("loadConfig() hides the name of an unreadable file, in the reason too", () => {
  for (const marker of MARKERS) {
    const name = marker.replace(/\W/g, "_");
    for (const reference of [`\${env:${name}}`, `\${file:${marker}}`, `\${file:./${marker}/}`]) {
      const refuse = (name: string) => {
        throw new Error(`this program was not given ${name}: open '${name}'`);
      };
      const text = withValue(["hec", "token"], quoted(reference));
      const result = loadConfig({ text, fileName: "f", env: refuse, readFile: refuse });
      assert.ok(!result.ok);
      const report = formatProblems(result.problems);
      assert.match(
        report,
        /hec\.token: found .*, which cannot be read: this program was not given/,
      );
      if (!reference.includes("/")) assertHidden(name, report, reference);
    }
  }
});

Deno.test("loadConfig() decides quickly what to show, however long a value is", () => {
  const begun = performance.now();
  for (const unit of ["a", "a@", "A_", "/a", "a,", " ", "aB"]) {
    const long = unit.repeat(100_000);
    for (const keys of [["hec", "url"], ["hec", "no_proxy"], ["log", "file"], ["hec", "ack"]]) {
      for (const yaml of [quoted(`${long}=`), quoted(`\${env:${long}}`), `{${quoted(long)}: x}`]) {
        reportOf(withValue(keys, yaml), "");
      }
    }
  }
  assert.ok(performance.now() - begun < 20_000);
});

Deno.test("loadConfig() says what is wrong in {token:SECRET}, and where", () => {
  assert.match(
    reportOf(`hec: { token:${MARKERS[0]} }\n`, MARKERS[0]!),
    /sls2hec\.yaml:1:8: hec\.token: found no space after its colon.*; expected a space there: token: VALUE/,
  );
});

Deno.test("loadConfig() asks for a path where a file's text was given", () => {
  const text = withValue(["hec", "tls", "key_file"], quoted(pem(MARKERS[0]!)));
  assert.match(
    reportOf(text, MARKERS[0]!),
    /hec\.tls\.key_file: found a value that is not shown, as it may be a secret; expected the path of a file, not its content/,
  );
});

Deno.test("sls2hec shows no secret of a wrong configuration on any output", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [marker = "", ...others] = MARKERS;
    const wrong: [args: string[], keys: string[], yaml: string][] = [
      [["run"], ["hec", "proxy"], quoted(`http://user:${marker}#x@p`)],
      [["run"], ["sls", "endpoint"], quoted(`https://user:${marker}@sls`)],
      [["checkpoint", "show"], ["sls", "proxy"], `user:${marker}`],
      [
        ["backfill", "--from", "-2h", "--to", "-1h"],
        ["hec", "url"],
        quoted(`https://u:${marker}@h:1`),
      ],
      [
        ["dead-letters", "replay"],
        ["hec", "tls", "key_file"],
        quoted(pem(marker).replaceAll("\n", " ")),
      ],
      [["run"], ["hec"], `{ token:${marker} }`],
      [["run"], ["hec", "token"], `\${env:${others[1]}}`],
    ];
    for (const [args, keys, yaml] of wrong) {
      Deno.writeTextFileSync(`${folder}/c.yaml`, withValue(keys, yaml));
      const { code, out, err } = await sls2hec([...args, "-c", "c.yaml"], variables, folder);
      assert.equal(code, 2, err);
      for (const secret of MARKERS) assertHidden(secret, out.join("\n") + err, yaml);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
