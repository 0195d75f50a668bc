import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { declaredGroups, declaredOptions, isGroup } from "../../src/config/schema/walk.ts";
import { loaded, loadedPatterns, smallest, variables } from "../config/test_sources.ts";
import { type Block, blocks, headings, type Page, page, pages, prose } from "./pages.ts";

const root = new URL("../../", import.meta.url);
/** Pages in English, except the changelog. */
const english = pages().filter(({ path }) =>
  !/^docs\/(ja|zh)\//.test(path) && path !== "CHANGELOG.md"
);

Deno.test("docs/develop.md names every task", () => {
  const { tasks } = JSON.parse(page("deno.json"));
  for (const name of Object.keys(tasks)) {
    assert.ok(page("docs/develop.md").includes(`\`deno task ${name}\``), name);
  }
});

Deno.test("docs/emulators.md names every command line option of the demo", () => {
  for (const option of ["--seconds", "--logs", "--json", "--serve", "--sls-port", "--hec-port"]) {
    assert.ok(page("docs/emulators.md").includes(option), option);
  }
});

Deno.test("CHANGELOG.md has the form of Keep a Changelog, and this version", () => {
  const { version } = JSON.parse(page("deno.json"));
  const all = headings(page("CHANGELOG.md")).filter(({ level }) => level > 1);
  const versions = all.filter(({ level }) => level === 2).map(({ title }) => title);
  assert.equal(versions[0], "[Unreleased]");
  for (const title of versions.slice(1)) {
    assert.match(title, /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
  }
  assert.ok(versions.some((title) => title.startsWith(`[${version}] `)), version);
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  const others = all.filter(({ level, title }) => level > 2 && !kinds.includes(title));
  assert.deepEqual(others.map(({ title }) => title), []);
});

Deno.test("README.md names every command", () => {
  const declared = [...page("src/cli/command_line.ts").matchAll(/program\.command\("([a-z-]+)/g)];
  assert.ok(declared.length > 5);
  for (const [, name] of declared) {
    assert.ok(page("README.md").includes(`\`sls2hec ${name}\``), name);
  }
});

Deno.test("The pages name only tasks that exist", () => {
  const { tasks } = JSON.parse(page("deno.json"));
  const wrong = english.flatMap(({ path, text }) =>
    [...text.matchAll(/deno(?:@[\d.]+)? task ([a-z:]+)/g)].map(([, name]) => name!)
      .filter((name) => !(name in tasks)).map((name) => `${path}: ${name}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("The pages name only commands and command line options that exist", () => {
  const declared = ["src/cli", "src/tasks", "src/emulator", "tests"]
    .flatMap((folder) => [...sourcesUnder(folder)]).join("\n");
  const wrong: string[] = [];
  for (const { path, text } of english) {
    const lines = blocks(text).filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
      .map((line) => line.replace(/#.*/, ""));
    for (
      const line of lines.filter((line) => /^(\.\/)?sls2hec |deno task |\/main\.ts /.test(line))
    ) {
      const [, command] = /sls2hec ([a-z-]+)/.exec(line) ?? [];
      if (command && !declared.includes(`.command("${command}`)) wrong.push(`${path}: ${command}`);
      for (const [option, name] of line.matchAll(/(?<=\s)--([a-z-]+)/g)) {
        const ofDeno = /^(allow|inspect|watch|filter)/.test(name!);
        const plain = new RegExp(
          `--${name}\\b|\\b${name!.replaceAll("-", "[-_]")}"?: \\{ type|"${name}"`,
        );
        if (!ofDeno && !plain.test(declared)) wrong.push(`${path}: ${option}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("The pages name only options of the configuration that exist", () => {
  const groups = declaredGroups().members.filter(isGroup).map(({ keys }) => keys[0]!);
  const known = new Set(
    declaredOptions().flatMap(({ keys }) => keys.map((_, at) => keys.slice(0, at + 1).join("."))),
  );
  const named = new RegExp(`^(?:${groups.join("|")})(?:\\.[a-z_]+)+(?![a-z_(])`); // no call
  const wrong = english.flatMap(({ path, text }) =>
    [...prose(text).matchAll(/`([^`\n]+)`/g)]
      .map(([, code]) => named.exec(code!)?.[0])
      .filter((option) => option !== undefined && !known.has(option) && !FILES.test(option))
      .map((option) => `${path}: ${option}`)
  );
  assert.deepEqual(wrong, []);
});
const FILES = /\.(ts|yaml|md|jsonl?)$/;

for (const { path, block } of yamlBlocks(english)) {
  const first = block.text.split("\n", 1)[0];
  Deno.test(`The configuration of ${path} that begins with "${first}" can be used`, () => {
    const shown = parse(block.text);
    const text = stringify(completed(shown));
    const config = loadedPatterns({ text, env: { ...variables, ...ENV }, files: FILE_TEXTS });
    const items: { logstore: string | string[] }[] = shown.sources ?? [{ logstore: "l" }];
    const expected = items.flatMap(({ logstore }) => {
      const names = [logstore].flat();
      return names.some((name) => /[*?]/.test(name)) ? [names.join()] : names;
    });
    assert.equal(config.sources.length + config.patterns.length, expected.length);
  });
}

Deno.test("README.md shows a complete configuration of six lines", () => {
  const [block] = blocks(page("README.md")).filter(({ language }) => language === "yaml");
  assert.equal(block!.text.trimEnd().split("\n").length, 6);
  loaded({ text: block!.text, files: FILE_TEXTS });
});

// That they allow what is needed and no more: tests/e2e/ram_policy_test.ts.
Deno.test("docs/set-up.md has RAM policies of statements about one logstore, but to list them", () => {
  const prefix = "acs:log:cn-hangzhou:1234567890123456:project/audit/logstore/actiontrail";
  const policies = blocks(page("docs/set-up.md")).filter(({ language }) => language === "json")
    .map(({ text }) => JSON.parse(text));
  assert.equal(policies.length, 4);
  for (const { Version, Statement, ...others } of policies) {
    assert.deepEqual([Version, others], ["1", {}]);
    for (const { Effect, Action, Resource, ...others } of Statement) {
      assert.deepEqual([Effect, others], ["Allow", {}]);
      const isOfAll = Resource === prefix.replace("actiontrail", "*") &&
        Action === "log:ListLogStores";
      const isOfOne = Resource === prefix || Resource.startsWith(`${prefix}/consumergroup/`);
      assert.ok(isOfAll || isOfOne, Resource);
      for (const action of [Action].flat()) assert.match(action, /^log:[A-Z]\w+$/);
    }
  }
});

for (const path of ["docs/troubleshoot.md", "docs/operate.md"]) {
  Deno.test(`${path} quotes messages as the program says them`, () => {
    // The codes of SLS are in the source alone.
    const said = [page("tests/testdata/messages.txt"), ...sourcesUnder("src/sls")].join("\n")
      .toLowerCase();
    const quotes = page(path).split("\n").filter((line) => /^\| +[`\w]/.test(line))
      .map((line) => line.split(/(?<!\\)\|/)[1]!)
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote!))
      .flatMap((quote) => quote.replaceAll(/<.*?>|\([\d-]+\)|\d+(-\d+)?/g, "…").split("…"))
      .map((piece) => piece.trim().toLowerCase()).filter((piece) => piece.length > 5);
    assert.ok(quotes.length > 4);
    assert.deepEqual(quotes.filter((quote) => !said.includes(quote)), []);
  });
}

/** What the references of the pages find. */
const ENV = { CREDENTIALS_DIRECTORY: "/run/credentials" };
const FILE_TEXTS = {
  "/run/secrets/sls.json": JSON.stringify({ AccessKeyId: "id", AccessKeySecret: "secret-of-file" }),
  "/run/secrets/sls_id": "id",
  "/run/secrets/sls_key": "secret-of-key",
  "/run/secrets/hec_token": "token-of-file",
  "/run/secrets/hec-eu": "token-of-eu",
  "/run/secrets/hec-web": "token-of-web",
  "/run/secrets/gateway-key": "key-of-gateway",
  "/run/credentials/sls_id": "id",
  "/run/credentials/sls_key": "secret-of-key",
  "/run/credentials/hec_token": "token-of-file",
};

type Values = Record<string, unknown>;

/** A part of a configuration with what it lacks; its own credentials take the place of others. */
function completed(shown: Values): Values {
  const { sls, hec, ...rest } = parse(smallest) as Record<string, Values>;
  const own = shown.sls as Values | undefined;
  if (own?.credentials) delete sls!.credentials;
  return { ...rest, ...shown, sls: { ...sls, ...own }, hec: { ...hec, ...shown.hec as Values } };
}

function yamlBlocks(from: readonly Page[]): { path: string; block: Block }[] {
  return from.flatMap(({ path, text }) =>
    blocks(text).filter(({ language }) => language === "yaml").map((block) => ({ path, block }))
  );
}

function* sourcesUnder(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesUnder(path);
    else if (name.endsWith(".ts")) yield Deno.readTextFileSync(new URL(path, root));
  }
}
