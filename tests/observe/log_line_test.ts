import assert from "node:assert/strict";
import { jsonLine, textLine } from "../../src/observe/log_line.ts";
import { Secret } from "../../src/base/secret.ts";

const record = (text: string) => ({
  category: ["sls2hec"],
  level: "warning" as const,
  rawMessage: "",
  timestamp: Date.UTC(2026, 9, 6),
  message: [`p/l: ${text}`],
  properties: { type: "trouble", about: `about ${text}`, message: "not this one", retryInMs: 5 },
});

const kinds: [kind: string, text: string, shown: string][] = [
  ["a terminal's command", "a\x1b[2Jb", "a\\x1b[2Jb"],
  ["a line end", "a\nb", "a\\x0ab"],
  ["a carriage return", "a\rb", "a\\x0db"],
  ["DEL", "a\x7fb", "a\\x7fb"],
  ["a control of C1", "a\x9b2Jb", "a\\x9b2Jb"],
  ["a mark that turns the text round", "a\u202eb", "a\\u202eb"],
  ["an isolate", "a\u2066b", "a\\u2066b"],
  ["the Arabic letter mark", "a\u061cb", "a\\u061cb"],
  ["a line separator", "a\u2028b", "a\\u2028b"],
  ["a zero-width blank", "a\u200bb", "a\\u200bb"],
  ["a tag", "a\u{e0041}b", "a\\u{e0041}b"],
  ["half of a pair", "a\ud83db", "a\\ud83db"],
];
for (const [kind, text, shown] of kinds) {
  Deno.test(`a line of the log shows ${kind}`, () => {
    assert.equal(textLine(record(text)), `2026-10-06T00:00:00.000Z WARNING p/l: ${shown}\n`);
    const line = jsonLine(record(text));
    assert.match(line, /^[ -~]+\n$/);
    const { message, about } = JSON.parse(line);
    assert.equal(message, `p/l: ${shown}`);
    assert.equal(about, `about ${text}`, "a field has its text");
  });
}

Deno.test("a line of the log has no secret, in its message or in a field", () => {
  new Secret("a-secret-of-the-log");
  assert.equal(
    textLine(record("a-secret-of-the-log")),
    "2026-10-06T00:00:00.000Z WARNING p/l: [secret]\n",
  );
  assert.deepEqual(JSON.parse(jsonLine(record("a%2Dsecret-of-the-log"))), {
    time: "2026-10-06T00:00:00.000Z",
    level: "warning",
    event: "trouble",
    message: "p/l: [secret]",
    about: "about [secret]",
    retryInMs: 5,
  });
});
