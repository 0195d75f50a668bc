import assert from "node:assert/strict";
import { sls2hec } from "../support/command.ts";

const HOSTILE = "a\x1b[2J\x9b\x7f\u202e\u2066\u061c\u2028\u200b\ufeff\u{e0041}\nb";
const SHOWN = "a\\x1b[2J\\x9b\\x7f\\u202e\\u2066\\u061c\\u2028\\u200b\\ufeff\\u{e0041}\\x0ab";

/** Runs a few lines that print, as a separate process. */
async function printing(code: string): Promise<{ code: number; out: string; err: string }> {
  const at = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      `import * as cli from ${at("cli/print.ts")};
      import { reportUncaught } from ${at("cli/report_failure.ts")};
      import { Secret } from ${at("base/secret.ts")};
      import { textTable } from ${at("base/text_table.ts")};
      const HOSTILE = ${JSON.stringify(HOSTILE)};
      new Secret("a-live-secret");
      ${code}`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return { code: exit, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

const ways: [way: string, code: string, out: string, err: string][] = [
  ["printLine()", "cli.printLine(HOSTILE)", `${SHOWN}\n`, ""],
  ["printErrorLine()", "cli.printErrorLine(HOSTILE)", "", `${SHOWN}\n`],
  ["print()", "cli.print(HOSTILE)", `${SHOWN.replace("\\x0a", "\n")}\n`, ""],
  ["printError()", "cli.printError(HOSTILE)", "", `${SHOWN.replace("\\x0a", "\n")}\n`],
  [
    "a table with a secret in it",
    "cli.print(textTable([['a-live-secret', 'c'], ['x', 'd']]))",
    "[secret]  c\nx         d\n",
    "",
  ],
  ["a table", "cli.print(textTable([[HOSTILE, 'c']]))", `${SHOWN}  c\n`, ""],
  ["printLine() of a secret", "cli.printLine('a-live-secret')", "[secret]\n", ""],
  ["printError() of a secret", "cli.printError('YS1saXZlLXNlY3JldA==')", "", "[secret]\n"],
  [
    "printJson() of a secret",
    "cli.printJson({ a: ['a-live-secret'] })",
    '{"a":["[secret]"]}\n',
    "",
  ],
  [
    "printJson() of an event",
    "cli.printJson({ text: 'a-live-secret', event: 'a-live-secret\u2028' }, ['event'])",
    '{"text":"[secret]","event":"a-live-secret\u2028"}\n',
    "",
  ],
];
for (const [way, code, out, err] of ways) {
  Deno.test(`${way} shows what is not printable, and no secret`, async () => {
    assert.deepEqual(await printing(code), { code: 0, out, err });
  });
}

Deno.test("printJson() writes what is not printable as escapes that mean the same", async () => {
  const { out } = await printing("cli.printJson({ HOSTILE })");
  assert.match(out, /^[ -~]+\n$/);
  assert.deepEqual(JSON.parse(out), { HOSTILE });
});

Deno.test("printJson() escapes what is not printable of an event on a terminal, and changes nothing", async () => {
  const { out } = await printing(
    "Deno.stdout.isTerminal = () => true; cli.printJson({ event: HOSTILE }, ['event'])",
  );
  assert.match(out, /^[ -~]+\n$/);
  assert.deepEqual(JSON.parse(out), { event: HOSTILE });
});

for (
  const [what, code] of [
    ["thrown", "setTimeout(() => { throw new Error(`a-live-secret ${HOSTILE}`); })"],
    ["rejected", "Promise.reject(new Error(`a-live-secret ${HOSTILE}`))"],
    ["no error at all", "Promise.reject(`a-live-secret ${HOSTILE}`)"],
  ] as const
) {
  Deno.test(`an uncaught error, ${what}, is reported as any other and ends with 1`, async () => {
    const { code: exit, out, err } = await printing(`reportUncaught(); ${code};`);
    assert.equal(exit, 1);
    assert.equal(out, "");
    assert.match(err, /^error: This program has a bug: (Error: )?\[secret\] a\\x1b\[2J/);
    assert.match(err, /^hint: Report this/m);
    assert.doesNotMatch(err.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]|a-live-secret/u);
  });
}

Deno.test("a wrong argument is repeated without what a terminal would obey", async () => {
  const wrong: string[][] = [
    [`--\x1b[2J\u202e`],
    [`\x9b2J`],
    ["run", "-c", `no-such\x1b[2J\u202e.yaml`],
    ["checkpoint", "show", "--shards", "\x1b[2J"],
    ["backfill", "--from", "\u202e", "--to", "-0s"],
    ["dead-letters", "show", "\x1b[2J", "--folder", "/nowhere\u2066"],
    ["ledger", "verify", "no-such\x1b[2J\u202e.jsonl"],
  ];
  for (const args of wrong) {
    const { code, out, err } = await sls2hec(args, {});
    assert.notEqual(code, 0, args.join(" "));
    assert.doesNotMatch(err.replaceAll("\n", "") + out.join(""), /[\p{Cc}\p{Cf}]/u);
    assert.match(err, /\\x1b\[2J|\\u202e|\\x9b|\\u2066/, args.join(" "));
  }
});
