import assert from "node:assert/strict";
import { sls2hec } from "../support/command.ts";

/** One character of each kind that a terminal obeys or that is invisible. */
const HOSTILE = "a\x1b[2J\r\n\x9b\x7f\u202e\u2066\u061c\u2028\u200b\ufeff\u{e0041}\ud83d";
const SHOWN =
  "a\\x1b[2J\\x0d\\x0a\\x9b\\x7f\\u202e\\u2066\\u061c\\u2028\\u200b\\ufeff\\u{e0041}\\ud83d";
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Runs it in its own folder, where files of these names and texts are. */
async function inFolder(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ code: number; out: string[]; err: string }> {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${folder}/dead-letters`);
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
    }
    return await sls2hec(args, {}, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const letter = JSON.stringify({
  time: "2026-10-06T08:30:00.000Z",
  source: HOSTILE,
  shard: 0,
  cursor: HOSTILE,
  index_in_page: 0,
  reason: HOSTILE,
  status: 400,
  code: 6,
  text: HOSTILE,
  envelope: `{"event":"${"\u202e\u2028\u009b"}"}`,
});
const letters = { "dead-letters/1.jsonl": `${letter}\n`, "dead-letters/2\x1b[2J.jsonl": "torn" };

Deno.test("dead-letters list shows what is not printable, each letter on one line", async () => {
  const { code, out, err } = await inFolder(letters, ["dead-letters", "list"]);
  assert.equal(code, 0, err);
  assert.equal(out.length, 3, out.join("\n"));
  assert.equal(out[1]!.split(SHOWN).length, 5, out[1]);
  assert.match(err, /^note: 2\\x1b\[2J\.jsonl:1 is torn/);
  assert.doesNotMatch(out.join("") + err.trimEnd(), UNPRINTABLE);
});

Deno.test("dead-letters list --json escapes what is not printable, and means the same", async () => {
  const { out } = await inFolder(letters, ["dead-letters", "list", "--json"]);
  assert.match(out.join(""), /^[ -~]+$/);
  const { source, cursor, text } = JSON.parse(out[0]!);
  assert.deepEqual([source, cursor, text], [HOSTILE, HOSTILE, HOSTILE]);
});

Deno.test("dead-letters show writes an event to the byte where no terminal is", async () => {
  const { out } = await inFolder(letters, ["dead-letters", "show"]);
  assert.equal(out.length, 1);
  assert.ok(out[0]!.includes('{\\"event\\":\\"\u202e\u2028\u009b\\"}'), out[0]);
});

Deno.test("dead-letters drop and show repeat an id so that it is seen", async () => {
  for (const command of ["drop", "show"]) {
    const { code, err } = await inFolder(letters, ["dead-letters", command, HOSTILE.slice(0, 5)]);
    assert.equal(code, 1);
    assert.match(err, /Cannot find dead letter a\\x1b\[2J/);
    assert.doesNotMatch(err.replaceAll("\n", ""), UNPRINTABLE);
  }
});

Deno.test("ledger verify shows what is not printable, each finding on one line", async () => {
  const name = "l\x1b[2J\u202e.jsonl";
  const line = { n: 1, source: HOSTILE, shard: 0, from: HOSTILE, to: HOSTILE, prev: HOSTILE };
  const files = { [name]: `${JSON.stringify({ ...line, hash: "0".repeat(64) })}\n` };
  for (const more of [[], ["--json"]]) {
    const { code, out, err } = await inFolder(files, ["ledger", "verify", name, ...more]);
    assert.equal(code, 1, err);
    assert.match(
      out.join(""),
      more.length === 0 ? /FAULT: l\\x1b\[2J\\u202e\.jsonl/ : /"faults":\[/,
    );
    assert.doesNotMatch(out.join("") + err.trimEnd(), UNPRINTABLE);
  }
});

Deno.test("a wrong configuration is reported without what a terminal obeys, its name included", async () => {
  const name = "c\x1b[2J\u202e.yaml";
  const value = JSON.stringify(HOSTILE.replace("\r\n", ""));
  const text = `hec: {ack: ${value}, ${value}: x}\nlog: {level: ${value}, file: ${value}}\n`;
  const { code, out, err } = await inFolder({ [name]: text }, ["run", "-c", name]);
  assert.equal(code, 2);
  assert.match(err, /c\\x1b\[2J\\u202e\.yaml:1:12: hec\.ack: found "a\\u001b\[2J/);
  assert.doesNotMatch(out.join("") + err.replaceAll("\n", ""), UNPRINTABLE);
});
