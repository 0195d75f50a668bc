import assert from "node:assert/strict";
import { tryLock } from "../../src/base/durable_file.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("tryLock() takes a free file, and not one that another holds", async () => {
  const path = await Deno.makeTempFile();
  const clock = new FakeClock();
  try {
    using one = await Deno.open(path, { write: true });
    using other = await Deno.open(path, { write: true });
    assert.equal(await tryLock(one, clock), true);
    assert.equal(await tryLock(other, clock), false);
    one.unlockSync();
    assert.equal(await tryLock(other, clock), true);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("tryLock() waits for a moment alone where Deno can only wait", async () => {
  const clock = new FakeClock();
  assert.equal(await tryLock({ lock: () => Promise.resolve() }, clock), true);
  assert.equal(clock.sleeping, 0);
  const { promise, reject } = Promise.withResolvers<void>();
  let taken: boolean | undefined;
  const trying = tryLock({ lock: () => promise }, clock).then((result) => taken = result);
  await clock.advance(999);
  assert.equal(taken, undefined);
  await clock.advance(1);
  assert.equal(taken, false);
  await trying;
  reject(new Error("closed")); // must not become an unhandled rejection
  await clock.advance(0);
  await assert.rejects(
    tryLock({ lock: () => Promise.reject(new Error("not permitted")) }, clock),
    /not permitted/,
  );
  assert.equal(clock.sleeping, 0);
});
