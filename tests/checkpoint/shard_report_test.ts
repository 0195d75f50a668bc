import assert from "node:assert/strict";
import { viewGroup } from "../../src/checkpoint/group_view.ts";
import { reportShard, type ShardReport } from "../../src/checkpoint/shard_report.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { CheckpointScene } from "./checkpoint_scene.ts";

type Facts = Pick<ShardReport, "place" | "lagSec"> & { readPastStartSec: number | undefined };

/** The scene's shard 0 has groups received 100, 200, 300 and 400 s past the start. */
const cases: [
  sentence: string,
  arrange: (scene: CheckpointScene) => string,
  expected: Facts,
][] = [
  [
    "no checkpoint has neither time nor lag",
    () => "",
    { place: "none", readPastStartSec: undefined, lagSec: undefined },
  ],
  [
    "a checkpoint's time is that of the log group before it, the lag is counted to the last one",
    (scene) => scene.cursorAt(2),
    { place: "inside", readPastStartSec: 200, lagSec: 200 },
  ],
  [
    "a checkpoint at the oldest group takes that one's time, as nothing stands before it",
    (scene) => scene.cursorAt(0),
    { place: "inside", readPastStartSec: 100, lagSec: 300 },
  ],
  [
    "a checkpoint whose group before has expired takes the oldest one's time",
    (scene) => {
      scene.expireBefore(2);
      return scene.cursorAt(2);
    },
    { place: "inside", readPastStartSec: 300, lagSec: 100 },
  ],
  [
    "a checkpoint before the oldest group is expired",
    (scene) => {
      scene.expireBefore(3);
      return scene.cursorAt(1);
    },
    { place: "expired", readPastStartSec: 400, lagSec: 0 },
  ],
  [
    "at the end there is no lag",
    (scene) => scene.cursorAt(4),
    { place: "at_end", readPastStartSec: 400, lagSec: 0 },
  ],
  [
    "at the end of a shard whose logs have all expired there is no lag",
    (scene) => {
      scene.expireBefore(4);
      return scene.cursorAt(4);
    },
    { place: "at_end", readPastStartSec: undefined, lagSec: 0 },
  ],
  [
    "a checkpoint beyond the end is told as such",
    (scene) => scene.cursorAt(9),
    { place: "beyond_end", readPastStartSec: 400, lagSec: undefined },
  ],
  [
    "base64 of something else is no cursor",
    () => btoa("hello"),
    { place: "malformed", readPastStartSec: undefined, lagSec: undefined },
  ],
];

for (const [sentence, arrange, expected] of cases) {
  Deno.test(`reportShard(): ${sentence}`, async () => {
    await using scene = new CheckpointScene();
    await scene.createGroup();
    const cursor = arrange(scene);
    if (cursor !== "") await scene.group.forceCheckpoint(0, cursor);
    const { shards: [view] } = await viewGroup(scene.source, [0]);
    const { place, timeSec, lagSec, cursor: shown } = await reportShard(scene.source, view!);
    const readPastStartSec = timeSec === undefined ? undefined : timeSec - scene.startSec;
    assert.deepEqual({ place, readPastStartSec, lagSec }, expected);
    assert.equal(shown, cursor);
  });
}

Deno.test("viewGroup() shows who holds a shard and when it was committed, and read-only shards", async () => {
  await using scene = new CheckpointScene();
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
  await using scene = new CheckpointScene();
  await assert.rejects(viewGroup(scene.source, undefined), {
    name: "WrongRequest",
    message: /consumer group g of p\/l: it does not exist/,
  });
  await scene.createGroup();
  await assert.rejects(viewGroup(scene.source, [0, 7, 9]), {
    name: "WrongRequest",
    message: /Cannot find shard 7, 9 of p\/l: it has 0, 1/,
  });
});

Deno.test("the checkpoint calls are tried again when a failure passes by itself, and not for ever", async () => {
  await using scene = new CheckpointScene();
  await scene.createGroup();
  scene.sls.faults.next("ListShards", slsFault(503, "ServerBusy"));
  assert.equal((await viewGroup(scene.source, undefined)).shards.length, 2);
  assert.equal(scene.troubles.length, 1);
  for (let n = 0; n < 4; n++) {
    scene.sls.faults.next("ListShards", slsFault(500, "InternalServerError"));
  }
  await assert.rejects(viewGroup(scene.source, undefined), { name: "SlsError" });
});
