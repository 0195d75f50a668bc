import assert from "node:assert/strict";
import fc from "fast-check";
import { exampleYaml } from "../../src/config/render.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { sourceOf, variables } from "./test_sources.ts";

const SECRET = "hidden-value";

/** Ways to write a secret that is wrong in itself or makes the file wrong. */
const forms = [
  `${SECRET} x`,
  `"${SECRET}\\n"`,
  `"${SECRET}\\q"`,
  `"${SECRET}`,
  `'${SECRET}' x`,
  `[${SECRET}]`,
  `{a: ${SECRET}}`,
  `{${SECRET}: a`,
  `!${SECRET}`,
  `&${SECRET} x y`,
  `*${SECRET}`,
  `@${SECRET}`,
  `%${SECRET}`,
  `\`${SECRET}`,
  `a: ${SECRET}`,
  `${SECRET}é`,
  `|\n      ${SECRET}\n      ${SECRET}`,
  "${env:SECRET} x",
  "${file:secret} x",
  `\${env:${SECRET.replace("-", "_")}`,
];
for (const key of ["access_key_id", "access_key_secret", "token"]) {
  for (const form of forms) {
    Deno.test(`loadConfig() does not quote a secret: ${key}: ${JSON.stringify(form)}`, () => {
      const text = exampleYaml().replace(new RegExp(`^( *${key}:).*`, "m"), (_, start) => {
        return `${start} ${form}`;
      });
      const source = sourceOf({
        text,
        env: { ...variables, SECRET },
        files: { secret: SECRET },
      });
      const result = loadConfig(source);
      assert.ok(!result.ok, text);
      const report = formatProblems(result.problems).replaceAll("hidden_value", "");
      assert.ok(!report.includes("hidden"), report);
    });
  }
}

Deno.test("loadConfig() does not quote the password in a wrong URL", () => {
  const urls = fc.tuple(
    fc.constantFrom("http://", "https://", "socks5://", "ftp://", "", "http:/"),
    fc.constantFrom("", "user", "us/er", "us@er"),
    fc.constantFrom("/x", "?q", "#f", ":0", " ", "/services/collector", "\\"),
  );
  fc.assert(fc.property(urls, fc.constantFrom("proxy", "url"), ([scheme, user, end], key) => {
    const value = JSON.stringify(`${scheme}${user}:${SECRET}@host${end}`);
    const text = exampleYaml().replace(/^hec:$/m, `hec:\n  ${key}: ${value}`)
      .replace(key === "url" ? /^ {2}url: \$.*$/m : /^never$/m, "");
    const result = loadConfig(sourceOf({ text, env: variables }));
    assert.ok(result.ok || !formatProblems(result.problems).includes(SECRET), value);
  }));
});

Deno.test("loadConfig() does not quote what a reference brought in", () => {
  const text = exampleYaml().replace("level: info", "level: ${env:SECRET}");
  const result = loadConfig(sourceOf({ text, env: { ...variables, SECRET } }));
  assert.ok(!result.ok);
  assert.match(
    formatProblems(result.problems),
    /log\.level: found a value from "\$\{env:SECRET\}";/,
  );
});
