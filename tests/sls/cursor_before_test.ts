import assert from "node:assert/strict";
import { cursorBefore } from "../../src/sls/cursor_before.ts";

Deno.test("cursorBefore() is exact where a double is not, and stops at 0", () => {
  assert.equal(atob(cursorBefore(btoa("1447329401102130904"))!), "1447329401102130903");
  assert.equal(cursorBefore(btoa("0")), undefined);
  assert.equal(cursorBefore("no cursor"), undefined);
});
