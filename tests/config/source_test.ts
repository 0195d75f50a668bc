import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { grantFlags } from "../../src/config/grant.ts";
import { loadConfig, type LoadResult } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { readSource } from "../../src/config/read/source.ts";
import { smallest } from "./test_sources.ts";

function readFrom(path: string): LoadResult {
  const opened = readSource(path);
  return opened.ok ? loadConfig(opened.source) : opened;
}

/** Gives a test a folder that is gone afterwards. */
async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readSource() reads a file and the files it names", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/token`, "t0ken\n");
    const text = smallest.replace("hidden-2", `"\${file:${folder}/token}"`);
    Deno.writeTextFileSync(`${folder}/c.yaml`, text);
    const result = readFrom(`${folder}/c.yaml`);
    assert.ok(result.ok);
    assert.equal(result.config.sources[0]!.hec.token.value.reveal(), "t0ken");
  }));

const unreadable: [sentence: string, bytes: Uint8Array | undefined, found: string][] = [
  ["a file that is not there", undefined, "there is no such file"],
  ["a file that is not UTF-8", new Uint8Array([0x61, 0xff]), "it is not UTF-8 text"],
  ["a file that is too large", new Uint8Array(1_000_001), "it has more than 1000000 bytes"],
];
for (const [sentence, bytes, found] of unreadable) {
  Deno.test(`readSource() reports ${sentence}`, () =>
    inFolder((folder) => {
      const path = `${folder}/c.yaml`;
      if (bytes) Deno.writeFileSync(path, bytes);
      const result = readFrom(path);
      assert.ok(!result.ok);
      assert.equal(
        formatProblems(result.problems).split("\n")[1],
        `  ${path}:1:1: found a file that cannot be read: ${found}; expected a readable YAML file`,
      );
    }));
}

Deno.test("readSource() reports a folder in place of a file", () =>
  inFolder((folder) => {
    const result = readFrom(folder);
    assert.ok(!result.ok);
    assert.match(formatProblems(result.problems), /cannot be read: Is a directory/);
  }));

Deno.test("readSource() works with exactly what loadConfig() grants, and says what else it lacks", () =>
  inFolder(async (folder) => {
    const at = (name: string) => `${folder}/${name}`;
    Deno.writeTextFileSync(at("ak"), "s3cret\n");
    const text = smallest.replace("hidden-1", "'${file:ak}'")
      .replace("project: demo-project", 'project: "${env:SLS2HEC_TEST_PROJECT}"');
    Deno.writeTextFileSync(at("c.yaml"), text);
    const env = (name: string) => name === "SLS2HEC_TEST_PROJECT" ? "p1" : undefined;
    const source = { text, fileName: "c.yaml", env, readFile: () => "s3cret" };
    const loaded = loadConfig(source);
    assert.ok(loaded.ok);
    const flags = grantFlags(loaded.grant);
    assert.equal(await run(folder, flags), "project p1\n");

    const other = text.replace("hidden-2", "'${file:other}'").replace("TEST_PROJECT", "OTHER");
    Deno.writeTextFileSync(at("c.yaml"), other);
    Deno.writeTextFileSync(at("other"), "t0ken");
    const lines = (await run(folder, flags)).trim().split("\n");
    const lacks = (what: string) => `this program has no permission to read ${what};`;
    assert.equal(lines.length, 3, lines.join("\n"));
    assert.ok(lines[1]?.includes(`hec.token: found "\${file:other}", which cannot be read: `));
    assert.ok(lines[1]?.includes(lacks("the file other")));
    assert.ok(lines[2]?.includes(lacks("the variable SLS2HEC_OTHER")));
  }));

Deno.test("readSource() without a file leaves everything to the environment", () => {
  const result = readSource(undefined);
  assert.ok(result.ok);
  assert.deepEqual([result.source.text, result.source.fileName], [undefined, undefined]);
  assert.equal(result.source.env("SLS2HEC_TEST_NEVER_SET"), undefined);
});

/** Runs the small program in a folder, with its `c.yaml` and nothing but the given permissions. */
async function run(folder: string, flags: readonly string[]): Promise<string> {
  const program = fileURLToPath(import.meta.resolve("./print_project.ts"));
  const settings = fileURLToPath(import.meta.resolve("../../deno.json"));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", `--config=${settings}`, ...flags, program, "c.yaml"],
    cwd: folder,
    env: { SLS2HEC_TEST_PROJECT: "p1", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stderr), "");
  return decoder.decode(stdout);
}
