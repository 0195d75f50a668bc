import assert from "node:assert/strict";
import { Opened } from "../../src/base/opened.ts";

Deno.test("Opened opens a thing for its first user, and gives it up with the last", () => {
  const opened = new Opened<{ readonly n: number }>();
  let count = 0;
  const open = () => ({ n: ++count });
  const first = opened.use("a", "x", open);
  assert.equal(opened.use("b", "x", open), first);
  const other = opened.use("c", "y", open);
  assert.deepEqual([...opened.all], [first, other]);
  assert.equal(opened.get("x"), first);
  assert.equal(opened.leave("a"), undefined, "b uses it");
  assert.equal(opened.leave("a"), undefined, "a has left");
  assert.equal(opened.leave("b"), first);
  assert.equal(opened.get("x"), undefined);
  assert.notEqual(opened.use("b", "x", open), first);
  assert.deepEqual([...opened.all].map(({ n }) => n), [2, 3]);
});

Deno.test("Opened keeps nothing of what could not be opened", () => {
  const opened = new Opened<string>();
  const fail = () => {
    throw new Error("no");
  };
  assert.throws(() => opened.use("a", "x", fail), /no/);
  assert.equal(opened.leave("a"), undefined);
  assert.equal(opened.use("a", "x", () => "made"), "made");
});
