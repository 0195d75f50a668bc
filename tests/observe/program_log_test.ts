import assert from "node:assert/strict";
import type { Telemetry, TelemetryEvent } from "../../src/base/telemetry.ts";
import { startProgramLog } from "../../src/observe/program_log.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** The lines of JSON that some events come to. */
async function linesOf(
  tell: (telemetry: Telemetry, clock: FakeClock) => void | Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/log`;
  const clock = FakeClock.inside();
  try {
    {
      await using log = await startProgramLog({
        level: "info",
        format: "json",
        file,
        maxBytes: 1_000_000,
        backups: 1,
        clock,
      });
      await tell(log.telemetry, clock);
    }
    return Deno.readTextFileSync(file).trimEnd().split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const cause = { what: "SLS at h", kind: "network" };

function pull(shard: number): TelemetryEvent {
  return {
    type: "trouble",
    about: `p/l shard ${shard}: pull`,
    message: "refused",
    hint: "h",
    retryInMs: 500,
    source: "p/l",
    shard,
    cause,
  };
}

Deno.test("startProgramLog() writes an outage of 16 shards as a line when it begins, a minute and its end", async () => {
  const lines = await linesOf(async (telemetry, clock) => {
    for (let sec = 0; sec <= 61; sec++) {
      for (let shard = 0; shard < 16; shard++) telemetry(pull(shard));
      await clock.advance(1000);
    }
    for (let shard = 0; shard < 16; shard++) {
      telemetry({ type: "recovered", about: `p/l shard ${shard}: pull` });
    }
  });
  assert.deepEqual(lines.map(({ event }) => event), ["trouble", "trouble", "recovered"]);
  assert.deepEqual(lines.map(({ count }) => count), [1, 960, 992]);
  assert.deepEqual(lines.map(({ shards }) => shards), [1, 16, 16]);
  assert.deepEqual(lines.map(({ about }) => about), [
    "p/l shard 0: pull",
    "p/l shard 0: pull",
    "p/l shard 15: pull",
  ]);
  assert.match(String(lines[2]?.message), /^SLS at h: works again after 62 s/);
});

Deno.test("startProgramLog() writes what is parked a minute as one line with its number", async () => {
  const lines = await linesOf(async (telemetry, clock) => {
    for (let ms = 0; ms <= 60_000; ms += 100) {
      telemetry({
        type: "parked",
        source: "p/l",
        shard: ms % 3,
        cursor: `MTU5NjA3Mjk4${ms}`,
        reason: "refused",
        status: 400,
        code: 6,
        text: "Invalid data format",
        folder: "/parked",
      });
      await clock.advance(100);
    }
  });
  assert.deepEqual(lines.map(({ count }) => count), [1, 600]);
  assert.deepEqual(lines.map(({ level }) => level), ["warning", "warning"]);
  assert.deepEqual(lines.map(({ folder, code }) => [folder, code]), [["/parked", 6], [
    "/parked",
    6,
  ]]);
});

Deno.test("startProgramLog() waits for no shard that is lost in an outage to tell its end", async () => {
  const lines = await linesOf((telemetry) => {
    telemetry(pull(0));
    telemetry({ ...pull(1), about: "p/l: send a heartbeat" } as TelemetryEvent);
    telemetry({ type: "shard_ended", source: "p/l", shard: 0, how: "lost" });
    telemetry({ type: "recovered", about: "p/l: send a heartbeat" });
  });
  assert.deepEqual(lines.map(({ event }) => event), ["trouble", "recovered"]);
});
