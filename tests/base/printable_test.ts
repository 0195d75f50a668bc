import assert from "node:assert/strict";
import {
  printable,
  printableJson,
  printableLine,
  printableLines,
} from "../../src/base/printable.ts";

const kinds: [kind: string, text: string, shown: string][] = [
  ["NUL", "\0", "\\x00"],
  ["BEL", "\x07", "\\x07"],
  ["a line end", "\n", "\\x0a"],
  ["a carriage return", "\r", "\\x0d"],
  ["a tab", "\t", "\\x09"],
  ["a sequence that clears the screen", "\x1b[2J", "\\x1b[2J"],
  ["DEL", "\x7f", "\\x7f"],
  ["the one-character form of it (C1)", "\x9b2J", "\\x9b2J"],
  ["NEL", "\x85", "\\x85"],
  ["a soft hyphen", "\xad", "\\xad"],
  ["the Arabic letter mark", "\u061c", "\\u061c"],
  ["left-to-right and right-to-left marks", "\u200e\u200f", "\\u200e\\u200f"],
  ["embeddings", "\u202a\u202b\u202c", "\\u202a\\u202b\\u202c"],
  ["overrides", "\u202d\u202e", "\\u202d\\u202e"],
  ["isolates", "\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"],
  ["line and paragraph separators", "\u2028\u2029", "\\u2028\\u2029"],
  ["zero-width characters", "\u200b\u200c\u200d\u2060", "\\u200b\\u200c\\u200d\\u2060"],
  ["a byte order mark", "\ufeff", "\\ufeff"],
  ["fillers", "\u115f\u3164\uffa0", "\\u115f\\u3164\\uffa0"],
  ["tags", "\u{e0041}", "\\u{e0041}"],
  ["the first half of a pair", "a\ud83d", "a\\ud83d"],
  ["the second half of a pair", "\ude00a", "\\ude00a"],
];
for (const [kind, text, shown] of kinds) {
  Deno.test(`what is printed shows ${kind}`, () => {
    assert.equal(printable(`a${text}b`), `a${shown}b`);
    assert.equal(printableLine(`a${text}b`), `a${shown}b`);
    assert.equal(printableLines(`a${text}b`), text === "\n" ? "a\nb" : `a${shown}b`);
    const json = printableJson(JSON.stringify({ text }));
    assert.match(json, /^[ -~]+$/);
    assert.deepEqual(JSON.parse(json), { text });
  });
}

const plain = [
  "",
  "as it is",
  "naïve café – 日本語, 😀 and \u00a0",
  "C:\\users\\new\\table",
  "\\\\",
];
for (const text of plain) {
  Deno.test(`what is printed leaves ${JSON.stringify(text)} alone`, () => {
    assert.equal(printable(text), text);
    assert.equal(printableLines(text), text);
    assert.equal(printableJson(JSON.stringify(text, null, 2)), JSON.stringify(text, null, 2));
  });
}

const alike: [text: string, shown: string][] = [
  ["\x1b", "\\x1b"],
  ["\\x1b", "\\\\x1b"],
  ["\\\x1b", "\\\\\\x1b"],
  ["\\\\x1b", "\\\\\\\\x1b"],
  ["\\u202e", "\\\\u202e"],
  ["\\u{e0041}", "\\\\u{e0041}"],
  ["\\xyz", "\\xyz"],
];
Deno.test("different texts never look alike", () => {
  for (const [text, shown] of alike) assert.equal(printable(text), shown);
  assert.equal(new Set(alike.map(([, shown]) => shown)).size, alike.length);
});
