import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* sourcesIn(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

const sources = [...sourcesIn("src/")].sort();

/** The files whose declarations the ports and the configuration name. */
const NAMED = ["base/cursor", "base/log_counts", "base/secret", "base/usable_path"]
  .concat("core/event_values", "sls/consumer_group", "sls/shards").map((name) => `src/${name}.ts`);

/** `deno doc` sees no types of packages. The two symbols mark types for the type checker, and must not be forged. */
const UNSEEN =
  /references private type '(Zod\w+|BaseSchema|Document|\$strict|input|output|checked|unitOf)'/;
/** Declarations of options, whose type is what they declare. */
const DECLARES = /^export const \w+ = (group|listItem|required|z\.strictObject)\(/;

Deno.test("deno doc --lint finds nothing in the ports and the configuration", async () => {
  const linted = sources.filter((path) => /^src\/(config\/|\w+\/ports\.ts$)/.test(path));
  assert.ok(linted.length > 20 && NAMED.every((path) => sources.includes(path)));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...linted, ...NAMED],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  const findings = [
    ...text.matchAll(/error\[([\w-]+)\]: (.*)\n +--> (.*)\n +\|\s*\n *\d+ \| (.*)/g),
  ].map(([, rule, found, place, line]) => ({ rule, found: found!, place, line: line! }));
  const count = success ? 0 : Number(/Found (\d+) documentation lint err/.exec(text)?.[1]);
  assert.equal(findings.length, count, text);
  const open = findings.filter(({ rule, found, line }) =>
    !(rule === "private-type-ref" && UNSEEN.test(found)) &&
    !(rule === "missing-explicit-type" && DECLARES.test(line))
  );
  assert.deepEqual(open, []);
});

Deno.test("src/ has every tag of a docstring on its own line, which deno doc needs", () => {
  const TAG = /@(param|returns|throws|typeParam|template)\b/;
  const wrong = sources.flatMap((path) =>
    Deno.readTextFileSync(new URL(path, ROOT)).split("\n").flatMap((line, at) =>
      TAG.test(line) && !/^\s*\* @\w+/.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : []
    )
  );
  assert.deepEqual(wrong, []);
});
