import assert from "node:assert/strict";
import { RefusalGuard } from "../../src/hec/refusal_guard.ts";

/** How many refused events are parked until the guard says no, with `between` good ones between two. */
function parked(guard: RefusalGuard, between: number, most = 5000): number {
  for (let count = 0; count < most; count++) {
    if (!guard.mayPark()) return count;
    guard.taken(between);
  }
  return most;
}

Deno.test("RefusalGuard stops at so many refused events in a row", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 100, maxRefusedInARow: 100 });
  assert.equal(parked(guard, 0), 100);
  assert.equal(guard.mayPark(), false);
  guard.taken(1);
  assert.equal(guard.mayPark(), true);
});

Deno.test("RefusalGuard stops at such a share of the last thousand events", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 10, maxRefusedInARow: 1000 });
  assert.equal(parked(guard, 0), 100);
  assert.equal(guard.mayPark(), false);
});

Deno.test("RefusalGuard lets a share below the limit be parked for ever", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 10, maxRefusedInARow: 100 });
  assert.equal(parked(guard, 9), 5000);
});

Deno.test("RefusalGuard stops at a share above the limit even if good events stand between", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 10, maxRefusedInARow: 100 });
  const count = parked(guard, 8);
  assert.ok(count >= 100 && count < 130, `${count}`);
});

Deno.test("RefusalGuard forgets what lies more than a thousand events back", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 10, maxRefusedInARow: 1000 });
  assert.equal(parked(guard, 0), 100);
  guard.taken(899); // the refused ones are still among the last thousand
  assert.equal(guard.mayPark(), false);
  guard.taken(2);
  assert.equal(guard.mayPark(), true);
  guard.taken(1_000_000);
  assert.equal(parked(guard, 0), 100);
});

Deno.test("RefusalGuard does not count an event that it does not let be parked", () => {
  const guard = new RefusalGuard({ maxRefusedPercent: 0.1, maxRefusedInARow: 5 });
  assert.equal(guard.mayPark(), true);
  for (let turn = 0; turn < 10; turn++) assert.equal(guard.mayPark(), false);
  guard.taken(1000);
  assert.equal(guard.mayPark(), true);
});

Deno.test("RefusalGuard lets nothing be parked at a limit of 0, and everything without a limit", () => {
  assert.equal(parked(new RefusalGuard({ maxRefusedPercent: 0, maxRefusedInARow: 100 }), 9), 0);
  assert.equal(parked(new RefusalGuard({ maxRefusedPercent: 50, maxRefusedInARow: 0 }), 9), 0);
  const none = new RefusalGuard({ maxRefusedPercent: 100, maxRefusedInARow: Infinity });
  assert.equal(parked(none, 0), 5000);
});
