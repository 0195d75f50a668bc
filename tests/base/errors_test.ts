import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import { describeError, hintOf, OperatorError } from "../../src/base/errors.ts";

Deno.test("hintOf() gives the hint of an error that has one, else the other text", () => {
  assert.equal(hintOf(new OperatorError("Cannot do it", "Do that"), "Wait"), "Do that");
  assert.equal(hintOf(new Error("Cannot do it"), "Wait"), "Wait");
  assert.equal(hintOf("thrown text", "Wait"), "Wait");
});

Deno.test("OperatorError keeps its cause and its name", () => {
  const cause = new Error("refused");
  const error = new OperatorError("Cannot do it", "Do that", { cause });
  assert.equal(error.cause, cause);
  assert.equal(error.name, "OperatorError");
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
  [
    "a denied permission, without the runtime's advice",
    new Error("no", {
      cause: new Deno.errors.NotCapable(
        'Requires read access to "/etc", run again with the --allow-read flag',
      ),
    }),
    'no: Requires read access to "/etc"',
  ],
  [
    "a permission denied to an executable, likewise",
    new Deno.errors.NotCapable(
      'Requires net access to "a:1", specify the required permissions during compilation using `deno compile --allow-net`',
    ),
    'Requires net access to "a:1"',
  ],
  ["causes in a circle", loop, "outer: inner"],
  ["nothing", undefined, ""],
  ["a long text of the runtime, cut", new Error("x".repeat(5000)), `${"x".repeat(280)}…`],
  [
    "a long text that a cause repeats, once",
    new Error(`outer: ${"x".repeat(500)}`, { cause: new Error("x".repeat(500)) }),
    `outer: ${"x".repeat(273)}…`,
  ],
  ["a long text of its own, whole", new OperatorError("x".repeat(500), ""), "x".repeat(500)],
  [
    "a secret across the cut",
    new Error(`${"x".repeat(270)}${new Secret("a-secret-in-an-error").reveal()}${"y".repeat(9)}`),
    `${"x".repeat(270)}[secret]yy…`,
  ],
];
for (const [what, thrown, text] of cases) {
  Deno.test(`describeError() includes ${what}`, () => {
    assert.equal(describeError(thrown), text);
  });
}
