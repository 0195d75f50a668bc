import assert from "node:assert/strict";
import { foreignText } from "../../src/base/foreign_text.ts";
import { Redactor } from "../../src/base/redactor.ts";

const SECRET = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0";
const secrets = new Redactor();
secrets.add(SECRET);
const shown = (text: string) => foreignText(text, undefined, secrets);

const cases: [what: string, text: string, expected: string][] = [
  ["a short text", "Token is disabled", "Token is disabled"],
  ["nothing", "", ""],
  ["exactly 200 characters", "a".repeat(200), "a".repeat(200)],
  ["more than 200", "a".repeat(201), `${"a".repeat(200)}…`],
  ["a secret", `bad ${SECRET}!`, "bad [secret]!"],
  ["a secret across the cut", `${"a".repeat(180)}${SECRET}`, `${"a".repeat(180)}[secret]`],
  [
    "a secret across the cut with more behind it",
    `${"a".repeat(180)}${SECRET}${"b".repeat(500)}`,
    `${"a".repeat(180)}[secret]${"b".repeat(12)}…`,
  ],
  ["a secret that the server has cut", `bad ${SECRET.slice(0, 20)}`, "bad [secret]"],
  [
    "a secret at the end of what is looked at",
    `${SECRET.repeat(110)}${"a".repeat(4080 - 110 * 36)}${SECRET}`,
    `[secret]${"a".repeat(120)}[secret]…`,
  ],
  ["controls", "a\x1b[2Jb\nc\u202e", "a\\x1b[2Jb\\x0ac\\u202e"],
  ["escapes that grow too long", "\u202e".repeat(40), `${"\\u202e".repeat(33)}…`],
  ["a pair at the cut", `${"a".repeat(199)}😀😀`, `${"a".repeat(199)}…`],
];
for (const [what, text, expected] of cases) {
  Deno.test(`foreignText() shows ${what}`, () => {
    assert.equal(shown(text), expected);
    assert.ok(shown(text).length <= 201);
  });
}

Deno.test("foreignText() is fast with texts of megabytes", () => {
  const begun = performance.now();
  foreignText("\x1b%41".repeat(1_000_000), undefined, secrets);
  assert.ok(performance.now() - begun < 1000);
});

Deno.test("foreignText() takes another bound", () => {
  assert.equal(foreignText("abcdef", 4, secrets), "abcd…");
});
