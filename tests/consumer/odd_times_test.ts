import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { OddTimes } from "../../src/consumer/odd_times.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("OddTimes tells of logs with odd times at once, and then once an hour how many came", async () => {
  const clock = FakeClock.inside();
  const told: TelemetryEvent[] = [];
  const times = new OddTimes({ source: "p/l", clock, telemetry: (event) => void told.push(event) });
  times.add(0);
  assert.equal(told.length, 0);
  times.add(3);
  for (let minute = 0; minute < 59; minute++) {
    await clock.advance(60_000);
    times.add(minute % 2);
  }
  assert.equal(told.length, 1);
  await clock.advance(60_000);
  times.add(0);
  await clock.advance(3_600_000);
  times.add(0);
  times.add(5);
  assert.deepEqual(
    told.map((event) => event.type === "trouble" && [event.message, event.repeatAfterMs]),
    [
      ["3 logs of p/l are of before 1990 or of more than a day ahead", 3_600_000],
      ["29 logs of p/l are of before 1990 or of more than a day ahead", 3_600_000],
      ["5 logs of p/l are of before 1990 or of more than a day ahead", 3_600_000],
    ],
  );
});
