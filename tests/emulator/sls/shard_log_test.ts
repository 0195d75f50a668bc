import assert from "node:assert/strict";
import { ShardLog } from "../../../src/emulator/core/sls/shard_log.ts";

const START = 1795460119822000000n;

function filled(receivedSec: number[]): ShardLog {
  const log = new ShardLog(START);
  receivedSec.forEach((sec, i) => log.append(Uint8Array.of(i & 0xff, 0), sec));
  return log;
}

Deno.test("ShardLog raises its cursor by one for each group, from the start cursor", () => {
  const log = filled([10, 10, 11]);
  assert.equal(atob(log.cursorAt(0)), "1795460119822000000");
  assert.equal(atob(log.cursorAt(log.end)), "1795460119822000003");
  assert.equal(log.positionOf(log.cursorAt(2)), 2);
  assert.equal(log.positionOf(btoa("1795460119821999999")), -1);
  assert.equal(log.positionOf("no cursor"), undefined);
});

for (
  const { sec, position } of [
    { sec: 0, position: 1 },
    { sec: 10, position: 1 },
    { sec: 11, position: 2 },
    { sec: 15, position: 2 },
    { sec: 20, position: 2 },
    { sec: 21, position: 4 },
    { sec: 99, position: 4 },
  ]
) {
  Deno.test(`ShardLog finds position ${position} for second ${sec}`, () => {
    const log = filled([5, 10, 20, 20]);
    log.dropBefore(1);
    assert.equal(log.positionAtTime(sec), position);
  });
}

Deno.test("ShardLog gives no group a time of receipt before the previous one", () => {
  const log = filled([20, 10]);
  assert.equal(log.receivedSecAt(1), 20);
});

Deno.test("ShardLog drops groups and keeps every position", () => {
  const log = filled(Array.from({ length: 5000 }, (_, i) => i));
  for (const until of [1, 1023, 1024, 1025, 2600, 4000, 4999]) {
    log.dropBefore(until);
    assert.equal(log.begin, until);
    assert.equal(log.end, 5000);
    assert.equal(log.groupAt(4999)[0], 4999 & 0xff);
    assert.equal(log.groupAt(until)[0], until & 0xff);
    assert.equal(log.receivedSecAt(until), until);
    assert.throws(() => log.groupAt(until - 1), RangeError);
  }
  log.dropBefore(9999);
  assert.deepEqual([log.begin, log.end], [5000, 5000]);
  log.append(Uint8Array.of(1), 7000);
  assert.equal(log.groupAt(5000)[0], 1);
});
