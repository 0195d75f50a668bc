import assert from "node:assert/strict";
import { describeError, HintedError, hintOf } from "../../src/base/hinted_error.ts";

Deno.test("hintOf() gives the hint of an error that has one, else the other text", () => {
  assert.equal(hintOf(new HintedError("Cannot do it", "Do that"), "Wait"), "Do that");
  assert.equal(hintOf(new Error("Cannot do it"), "Wait"), "Wait");
  assert.equal(hintOf("thrown text", "Wait"), "Wait");
});

Deno.test("HintedError keeps its cause and its name", () => {
  const cause = new Error("refused");
  const error = new HintedError("Cannot do it", "Do that", { cause });
  assert.equal(error.cause, cause);
  assert.equal(error.name, "HintedError");
});

const loop = new Error("outer");
loop.cause = new Error("inner", { cause: loop });

const cases: [what: string, thrown: unknown, text: string][] = [
  ["an error", new Error("refused"), "refused"],
  ["an error without a message", new RangeError(), "RangeError"],
  ["what is no error", "text", "text"],
  ["a cause", new Error("failed", { cause: new Error("refused") }), "failed: refused"],
  ["a cause that is no error", new Error("failed", { cause: 7 }), "failed: 7"],
  [
    "a cause that the message repeats",
    new Error("failed: refused", { cause: new Error("refused") }),
    "failed: refused",
  ],
  ["causes in a circle", loop, "outer: inner"],
  ["nothing", undefined, ""],
];
for (const [what, thrown, text] of cases) {
  Deno.test(`describeError() tells of ${what}`, () => {
    assert.equal(describeError(thrown), text);
  });
}
