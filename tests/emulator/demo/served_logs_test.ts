import assert from "node:assert/strict";
import { ServedLogs } from "../../../src/emulator/demo/served_logs.ts";

const cases: [sentence: string, pulls: [from: number, to: number][], logs: number][] = [
  ["what one pull took", [[0, 2]], 30],
  ["what was pulled twice once", [[0, 2], [1, 2], [0, 3]], 60],
  ["nothing for a start at the end", [[3, 3]], 0],
  ["the later ones for a start in the middle", [[2, 3]], 30],
  ["the own groups among those of others", [[0, 10]], 60],
];
for (const [sentence, pulls, logs] of cases) {
  Deno.test(`ServedLogs counts ${sentence}`, () => {
    const servedLogs = new ServedLogs();
    for (const [position, count] of [10, 20, 30].entries()) servedLogs.written(0, position, count);
    for (const [from, to] of pulls) servedLogs.pulled(0, from, to);
    servedLogs.pulled(7, 0, 10); // a shard that a split made
    assert.equal(servedLogs.logs, logs);
  });
}
