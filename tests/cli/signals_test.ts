import assert from "node:assert/strict";
import { StopSignals } from "../../src/cli/signals.ts";
import { FakeClock } from "../support/fake_clock.ts";

const cases: [sentence: string, afterMs: number, exits: number[]][] = [
  ["takes one signal that comes twice for one", 200, []],
  ["ends the process at once at a second signal", 300, [143]],
];
for (const [sentence, afterMs, expected] of cases) {
  Deno.test(`StopSignals ${sentence}`, async () => {
    const clock = new FakeClock();
    const exits: number[] = [];
    const listeners = new Map<Deno.Signal, () => void>();
    {
      using stop = new StopSignals(clock, {
        exit: (code) => exits.push(code),
        listen: (signal, listener) => listeners.set(signal, listener),
        unlisten: (signal) => listeners.delete(signal),
      });
      listeners.get("SIGINT")?.();
      assert.equal(stop.signal.aborted, true);
      await clock.advance(afterMs);
      listeners.get("SIGTERM")?.();
      assert.deepEqual(exits, expected);
    }
    assert.equal(listeners.size, 0);
  });
}
