import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { startProgramLog } from "../../src/observe/program_log.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { EVENT_SAMPLES } from "./event_samples.ts";
import { messagesIn } from "./source_messages.ts";

const ROOT = new URL("../../", import.meta.url);
const GOLDEN = new URL("tests/testdata/messages.txt", ROOT);
/** Folders with texts that no operator of the program reads. */
const WITHOUT = ["src/emulator/", "src/core/assembly/"];
const HEAD =
  "Every text that people read. `deno task messages` writes this file; see tests/messages.";

Deno.test("tests/testdata/messages.txt has every message as it is; `deno task messages` writes it", async () => {
  const text = await goldenText();
  if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(GOLDEN, text);
  const golden = Deno.readTextFileSync(GOLDEN).split("\n");
  // An array has a diff by lines.
  assert.deepEqual(text.split("\n"), golden, "run `deno task messages`, and read the diff");
});

/** Words that a reader has to decode; the plain ones are: again, no one, reported, continues, is, pulled. */
const ODD_WORDS =
  /\b(anew|vouch\w*|in vain|nobody|somebody|anybody|told|goes? on|stands (?!for|still)|in hand|for want of|thrice)\b/i;

Deno.test("no message has words that a reader has to decode", () => {
  const lines = Deno.readTextFileSync(GOLDEN).split("\n");
  assert.deepEqual(lines.filter((line) => ODD_WORDS.test(line)), []);
});

Deno.test("neither the source nor the pages have such words", () => {
  const pages = [...Deno.readDirSync(new URL("docs/", ROOT))]
    .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`);
  const odd = ["main.ts", "README.md", "CONTRIBUTING.md", ...pages, ...filesIn("src/", [])]
    .flatMap((path) =>
      Deno.readTextFileSync(new URL(path, ROOT)).split("\n")
        .flatMap((line, at) => ODD_WORDS.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])
    );
  assert.deepEqual(odd, []);
});

async function goldenText(): Promise<string> {
  const events = Object.entries(EVENT_SAMPLES)
    .flatMap(([type, samples]) => samples.map((sample) => ({ type, ...sample }) as TelemetryEvent));
  const [text, json] = [await logOf("text", events), await logOf("json", events)];
  const parts = [HEAD, section("log.format: text", text), section("log.format: json", json)];
  for (const path of ["main.ts", ...filesIn("src/")]) {
    const messages = messagesIn(Deno.readTextFileSync(new URL(path, ROOT)));
    const lines = messages.map((message) => message.replaceAll("\n", "\\n"));
    if (lines.length > 0) parts.push(section(path, lines));
  }
  return parts.join("\n\n") + "\n";
}

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, ...lines].join("\n");
}

/** The log's lines of some events, without their times; in JSON also without the message, which the text has. */
async function logOf(format: "text" | "json", events: readonly TelemetryEvent[]) {
  const file = await Deno.makeTempFile();
  const clock = new FakeClock();
  try {
    {
      const options = { level: "debug", format, file, maxBytes: 1e9, backups: 0 } as const;
      await using log = await startProgramLog(options, clock);
      for (const event of events) log.telemetry(event);
    }
    return Deno.readTextFileSync(file).trimEnd().split("\n")
      .map((line) => format === "text" ? line.replace(/^\S+ /, "") : withoutText(line));
  } finally {
    await Deno.remove(file);
  }
}

function withoutText(line: string): string {
  const { time: _time, message: _message, ...fields } = JSON.parse(line);
  return JSON.stringify(fields);
}

/** Paths of a folder's TypeScript files, sorted. */
function filesIn(folder: string, without = WITHOUT): string[] {
  const entries = [...Deno.readDirSync(new URL(folder, ROOT))];
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}${name}`;
    if (isDirectory) return without.includes(`${path}/`) ? [] : filesIn(`${path}/`, without);
    return name.endsWith(".ts") ? [path] : [];
  }).sort();
}

const texts: [source: string, messages: string[]][] = [
  ['new OperatorError("Cannot open it", "Check the path")', ["Cannot open it", "Check the path"]],
  ["f(`Cannot open ${options.path}: ${describe(error)}`)", ["Cannot open {path}: {describe}"]],
  ['f("Cannot open it: " +\n  `found ${x}` + ", twice")', ["Cannot open it: found {x}, twice"]],
  ['f(`it is ${a ? "not there" : `at ${b}`}`)', ["it is {not there|at {b}}"]],
  ['f(`it is there${a && ", and open"}`)', ["it is there{, and open|}"]],
  ['const x = a ? "one of them" : "none at all"', ["none at all", "one of them"]],
  ["f(`${list(`${x} is gone`)}`)", ["{list}", "{x} is gone"].slice(1)],
  ['type A = "two words"; tasks.spawn("drain deadline", f)', []],
  ['f("name", "a-b", "/a/b", "Content-Type")', []],
];
for (const [source, messages] of texts) {
  Deno.test(`messagesIn() finds in ${source.replaceAll("\n", " ")} what people read`, () => {
    assert.deepEqual(messagesIn(source), messages);
  });
}
