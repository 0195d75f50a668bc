import assert from "node:assert/strict";
import { yieldToEventLoop } from "../../src/base/runtime.ts";

Deno.test("yieldToEventLoop() lets a timer that is due run first", async () => {
  let ran = false;
  const timer = new Promise<void>((resolve) =>
    setTimeout(() => {
      ran = true;
      resolve();
    }, 0)
  );
  const dueMs = performance.now() + 5;
  while (performance.now() < dueMs); // as long work does
  for (let turns = 0; !ran && turns < 100; turns++) await yieldToEventLoop();
  assert.equal(ran, true);
  await timer;
});
