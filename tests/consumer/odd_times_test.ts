import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { OddTimes } from "../../src/consumer/odd_times.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("OddTimes reports logs with odd times at once, then once an hour how many came", async () => {
  const clock = new FakeClock();
  const reported: TelemetryEvent[] = [];
  const times = new OddTimes({ clock, telemetry: (event) => void reported.push(event) }, "p/l");
  times.add(0);
  assert.equal(reported.length, 0);
  times.add(3);
  for (let minute = 0; minute < 59; minute++) {
    await clock.advance(60_000);
    times.add(minute % 2);
  }
  assert.equal(reported.length, 1);
  await clock.advance(60_000);
  times.add(0);
  await clock.advance(3_600_000);
  times.add(0);
  times.add(5);
  assert.deepEqual(
    reported.map((event) =>
      event.type === "trouble" && [parseInt(event.message), event.repeatAfterMs]
    ),
    [[3, 3_600_000], [29, 3_600_000], [5, 3_600_000]],
  );
});
