import assert from "node:assert/strict";
import { StopSignals } from "../../src/cli/stop_signals.ts";
import { FakeClock } from "../support/fake_clock.ts";

const cases: [sentence: string, afterMs: number, exits: number[]][] = [
  ["takes one signal that comes twice for one", 200, []],
  ["ends the process at once at a second signal", 300, [143]],
];
for (const [sentence, afterMs, expected] of cases) {
  Deno.test({
    name: `StopSignals ${sentence}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const clock = FakeClock.inside();
      const exits: number[] = [];
      using stop = new StopSignals(clock, (code) => exits.push(code));
      await signalled("SIGTERM"); // SIGINT would end the test run
      assert.equal(stop.signal.aborted, true);
      await clock.advance(afterMs);
      await signalled("SIGTERM");
      assert.deepEqual(exits, expected);
    },
  });
}

/** Sends this process a signal and waits until its listeners have been called. */
async function signalled(signal: Deno.Signal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener(signal, resolve); // called after the listeners that were there before
  Deno.kill(Deno.pid, signal);
  await promise;
  Deno.removeSignalListener(signal, resolve);
}
