import assert from "node:assert/strict";
import { HandedOut } from "../../../src/emulator/demo/handed_out.ts";

const cases: [sentence: string, pulls: [from: number, to: number][], logs: number][] = [
  ["what one pull took", [[0, 2]], 30],
  ["what was pulled twice once", [[0, 2], [1, 2], [0, 3]], 60],
  ["nothing for a start at the end", [[3, 3]], 0],
  ["the later ones for a start in the middle", [[2, 3]], 30],
  ["the own groups among those of others", [[0, 10]], 60],
];
for (const [sentence, pulls, logs] of cases) {
  Deno.test(`HandedOut counts ${sentence}`, () => {
    const handedOut = new HandedOut();
    for (const [position, count] of [10, 20, 30].entries()) handedOut.written(0, position, count);
    for (const [from, to] of pulls) handedOut.pulled(0, from, to);
    handedOut.pulled(7, 0, 10); // a shard that came of a split
    assert.equal(handedOut.logs, logs);
  });
}
