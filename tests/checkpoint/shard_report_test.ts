import assert from "node:assert/strict";
import { viewGroup } from "../../src/checkpoint/group_view.ts";
import { reportShard, type ShardReport } from "../../src/checkpoint/shard_report.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { CheckpointHarness } from "./checkpoint_harness.ts";

type Facts = Pick<ShardReport, "place"> & {
  readPastStartSec: number | undefined;
  /** Receipt of the oldest log that counts for the lag; "none" where there is no lag, undefined where it is not known. */
  oldestPastStartSec: number | "none" | undefined;
};

/** The scene's shard 0 has groups received 100, 200, 300 and 400 s past the start. */
const cases: [
  sentence: string,
  arrange: (scene: CheckpointHarness) => string,
  expected: Facts,
][] = [
  [
    "no checkpoint has neither time nor lag",
    () => "",
    { place: "none", readPastStartSec: undefined, oldestPastStartSec: undefined },
  ],
  [
    "a checkpoint's time is that of the log group before it, the lag the age of the one behind it",
    (scene) => scene.cursorAt(2),
    { place: "inside", readPastStartSec: 200, oldestPastStartSec: 300 },
  ],
  [
    "a checkpoint at the oldest group takes that one's time, as nothing is before it",
    (scene) => scene.cursorAt(0),
    { place: "inside", readPastStartSec: 100, oldestPastStartSec: 100 },
  ],
  [
    "a checkpoint whose group before has expired takes the oldest one's time",
    (scene) => {
      scene.expireBefore(2);
      return scene.cursorAt(2);
    },
    { place: "inside", readPastStartSec: 300, oldestPastStartSec: 300 },
  ],
  [
    "a checkpoint before the oldest group is expired",
    (scene) => {
      scene.expireBefore(3);
      return scene.cursorAt(1);
    },
    { place: "expired", readPastStartSec: 400, oldestPastStartSec: 400 },
  ],
  [
    "at the end there is no lag",
    (scene) => scene.cursorAt(4),
    { place: "at_end", readPastStartSec: 400, oldestPastStartSec: "none" },
  ],
  [
    "at the end of a shard whose logs have all expired there is no lag",
    (scene) => {
      scene.expireBefore(4);
      return scene.cursorAt(4);
    },
    { place: "at_end", readPastStartSec: undefined, oldestPastStartSec: "none" },
  ],
  [
    "a checkpoint beyond the end is reported as such",
    (scene) => scene.cursorAt(9),
    { place: "beyond_end", readPastStartSec: 400, oldestPastStartSec: undefined },
  ],
  [
    "base64 of something else is not a cursor",
    () => btoa("hello"),
    { place: "malformed", readPastStartSec: undefined, oldestPastStartSec: undefined },
  ],
];

/** The age is taken at another moment than the test's, and dates of answers are whole seconds. */
function assertNear(sec: number | undefined, expected: number): void {
  assert.ok(sec !== undefined && Math.abs(sec - expected) <= 3, `${sec} s, expected ${expected} s`);
}

for (const [sentence, arrange, expected] of cases) {
  Deno.test(`reportShard(): ${sentence}`, async () => {
    await using scene = new CheckpointHarness();
    await scene.createGroup();
    const cursor = arrange(scene);
    if (cursor !== "") await scene.group.forceCheckpoint(0, cursor);
    const { shards: [view] } = await viewGroup(scene.source, [0]);
    const { place, timeSec, lagSec, cursor: shown } = await reportShard(scene.source, view!);
    const readPastStartSec = timeSec === undefined ? undefined : timeSec - scene.startSec;
    const oldest = expected.oldestPastStartSec;
    assert.deepEqual({ place, readPastStartSec }, {
      place: expected.place,
      readPastStartSec: expected.readPastStartSec,
    });
    if (typeof oldest !== "number") assert.equal(lagSec, oldest === "none" ? 0 : undefined);
    else assertNear(lagSec, Date.now() / 1000 - scene.startSec - oldest);
    assert.equal(shown, cursor);
  });
}

Deno.test("viewGroup() shows the consumer of a shard and when it was committed, and read-only shards", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup(33);
  await scene.join("c1");
  await scene.group.forceCheckpoint(1, scene.cursorAt(0, 1));
  scene.sls.data.split({ project: "p", logstore: "l", shard: 1 });
  const { timeoutSec, shards } = await viewGroup(scene.source, undefined);
  assert.equal(timeoutSec, 33);
  // Shard 1 has no log, so its checkpoint is its end: it is done, and its last owner stays noted.
  assert.deepEqual(
    shards.map(({ shard, readOnly, consumer }) => [shard, readOnly, consumer]),
    [[0, false, "c1"], [1, true, "c1"], [2, false, ""], [3, false, ""]],
  );
  assert.equal(shards[0]!.updatedMs, 0);
  assert.ok(Math.abs(shards[1]!.updatedMs - Date.now()) < 60_000, "microseconds are understood");
});

Deno.test("viewGroup() refuses a group and a shard that do not exist, naming what there is", async () => {
  await using scene = new CheckpointHarness();
  await assert.rejects(viewGroup(scene.source, undefined), {
    name: "UsageError",
    message: /consumer group g of p\/l: it does not exist/,
  });
  await scene.createGroup();
  await assert.rejects(viewGroup(scene.source, [0, 7, 9]), {
    name: "UsageError",
    message: /Cannot find shards 7, 9 of p\/l: it has 0, 1/,
  });
});

Deno.test("the checkpoint calls are tried again when a failure passes by itself, and not forever", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  scene.sls.faults.next("ListShards", slsFault(503, "ServerBusy"));
  assert.equal((await viewGroup(scene.source, undefined)).shards.length, 2);
  assert.equal(scene.troubles.length, 1);
  for (let n = 0; n < 4; n++) {
    scene.sls.faults.next("ListShards", slsFault(500, "InternalServerError"));
  }
  await assert.rejects(viewGroup(scene.source, undefined), { name: "SlsError" });
});

Deno.test("reportShard() has a lag that grows while nothing is committed, by the server's clock", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  await scene.group.forceCheckpoint(0, scene.cursorAt(3));
  const { shards: [view] } = await viewGroup(scene.source, [0]);
  const before = await reportShard(scene.source, view!);
  const real = scene.source.shards;
  const shards = {
    list: real.list.bind(real),
    cursorAt: real.cursorAt.bind(real),
    cursorTimeSec: real.cursorTimeSec.bind(real),
    serverNowMs: () => real.serverNowMs() + 60_000,
  };
  const after = await reportShard({ ...scene.source, shards }, view!);
  assertNear(after.lagSec, before.lagSec! + 60);
});
