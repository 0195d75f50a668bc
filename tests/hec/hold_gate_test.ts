import assert from "node:assert/strict";
import { HoldGate } from "../../src/hec/hold_gate.ts";

Deno.test("HoldGate tells when a request here holds the source and lets it go on, once each", () => {
  const told: boolean[] = [];
  const gate = new HoldGate((held) => told.push(held));
  const probe = gate.hold();
  assert.equal(gate.hold(), undefined, "one probes");
  probe?.release();
  probe?.release();
  assert.deepEqual(told, [true, false]);
});

Deno.test("HoldGate holds for a request in another isolate and tells nobody", async () => {
  const told: boolean[] = [];
  const gate = new HoldGate((held) => told.push(held));
  const probe = gate.holdForOther();
  assert.ok(gate.held);
  assert.equal(gate.hold(), undefined, "the other probes");
  assert.equal(gate.holdForOther(), undefined);
  const passed = gate.pass(new AbortController().signal);
  probe?.release();
  await passed;
  assert.ok(!gate.held);
  assert.deepEqual(told, []);
});
