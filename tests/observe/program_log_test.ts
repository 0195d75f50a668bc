import assert from "node:assert/strict";
import type { Telemetry, TelemetryEvent } from "../../src/base/telemetry.ts";
import { startProgramLog } from "../../src/observe/program_log.ts";
import { FakeClock } from "../support/fake_clock.ts";

type Report = (telemetry: Telemetry, clock: FakeClock) => void | Promise<void>;

/** The lines of JSON for some events. */
async function linesOf(report: Report) {
  const lines = await textOf("json", report);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function textOf(format: "json" | "text", report: Report): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/log`;
  const clock = new FakeClock();
  try {
    {
      await using log = await startProgramLog({
        level: "info",
        format,
        file,
        maxBytes: 1_000_000,
        backups: 1,
      }, clock);
      await report(log.telemetry, clock);
    }
    return Deno.readTextFileSync(file).trimEnd().split("\n");
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

Deno.test("startProgramLog() reports the end of an outage in which a shard was lost", async () => {
  const lines = await linesOf((telemetry) => {
    telemetry(pull(0));
    telemetry({ ...pull(1), about: "p/l: send a heartbeat" } as TelemetryEvent);
    telemetry({ type: "shard_ended", source: "p/l", shard: 0, how: "lost" });
    telemetry({ type: "recovered", about: "p/l: send a heartbeat" });
  });
  assert.deepEqual(lines.map(({ event }) => event), ["trouble", "recovered"]);
});

Deno.test("startProgramLog() has one line of text for a source that stops, and events of its shards in JSON", async () => {
  const stop: Report = (telemetry) => {
    for (const shard of [0, 1]) {
      telemetry({ type: "shard_ended", source: "p/l", shard, how: "released", atStop: true });
    }
    telemetry({ type: "source_released", source: "p/l", undelivered: 0 });
  };
  const text = await textOf("text", stop);
  assert.equal(text.length, 1);
  assert.match(text[0]!, / INFO {4}p\/l: /);
  const lines = await linesOf(stop);
  assert.deepEqual(lines.map(({ event }) => event), [
    "shard_ended",
    "shard_ended",
    "source_released",
  ]);
  const { time: _time, message: _message, ...fields } = lines[1]!;
  assert.deepEqual(fields, {
    level: "info",
    event: "shard_ended",
    source: "p/l",
    shard: 1,
    how: "released",
  });
});

Deno.test("startProgramLog() names a shard that another consumer takes over", async () => {
  const text = await textOf("text", (telemetry) => {
    telemetry({ type: "shard_ended", source: "p/l", shard: 7, how: "released" });
  });
  assert.match(text[0]!, /p\/l shard 7: /);
});
