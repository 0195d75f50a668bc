import assert from "node:assert/strict";
import { RejectRateGuard } from "../../src/hec/reject_rate_guard.ts";

/** How many refused events are parked until the guard says no, with `between` good ones between two. */
function parked(guard: RejectRateGuard, between: number, most = 5000): number {
  for (let count = 0; count < most; count++) {
    if (!guard.tryReject()) return count;
    guard.recordAccepted(between);
  }
  return most;
}

Deno.test("RejectRateGuard stops at a number of refused events in a row", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 100, maxRefusedInARow: 100 });
  assert.equal(parked(guard, 0), 100);
  assert.equal(guard.tryReject(), false);
  guard.recordAccepted(1);
  assert.equal(guard.tryReject(), true);
});

Deno.test("RejectRateGuard stops at such a share of the last thousand events", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 10, maxRefusedInARow: 1000 });
  assert.equal(parked(guard, 0), 100);
  assert.equal(guard.tryReject(), false);
});

Deno.test("RejectRateGuard lets a share below the limit be parked forever", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 10, maxRefusedInARow: 100 });
  assert.equal(parked(guard, 9), 5000);
});

Deno.test("RejectRateGuard stops at a share above the limit even with good events in between", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 10, maxRefusedInARow: 100 });
  const count = parked(guard, 8);
  assert.ok(count >= 100 && count < 130, `${count}`);
});

Deno.test("RejectRateGuard forgets what is more than a thousand events back", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 10, maxRefusedInARow: 1000 });
  assert.equal(parked(guard, 0), 100);
  guard.recordAccepted(899); // the refused ones are still among the last thousand
  assert.equal(guard.tryReject(), false);
  guard.recordAccepted(2);
  assert.equal(guard.tryReject(), true);
  guard.recordAccepted(1_000_000);
  assert.equal(parked(guard, 0), 100);
});

Deno.test("RejectRateGuard does not count an event that it does not let be parked", () => {
  const guard = new RejectRateGuard({ maxRefusedPercent: 0.1, maxRefusedInARow: 5 });
  assert.equal(guard.tryReject(), true);
  for (let turn = 0; turn < 10; turn++) assert.equal(guard.tryReject(), false);
  guard.recordAccepted(1000);
  assert.equal(guard.tryReject(), true);
});

Deno.test("RejectRateGuard lets nothing be parked at a limit of 0, and everything without a limit", () => {
  assert.equal(parked(new RejectRateGuard({ maxRefusedPercent: 0, maxRefusedInARow: 100 }), 9), 0);
  assert.equal(parked(new RejectRateGuard({ maxRefusedPercent: 50, maxRefusedInARow: 0 }), 9), 0);
  const none = new RejectRateGuard({ maxRefusedPercent: 100, maxRefusedInARow: Infinity });
  assert.equal(parked(none, 0), 5000);
});
