import assert from "node:assert/strict";
import { BodyLimit } from "../../src/hec/body_limit.ts";

type Step =
  | readonly ["refused" | "accepted", bytes: number, atMs?: number]
  | readonly ["cut off", bytes: number]
  | readonly ["forgotten"];

/** What the limit is after some steps, and how often it was found. */
function after(steps: readonly Step[]): { maxBytes: number; found: number } {
  const limit = new BodyLimit();
  let found = 0;
  for (const [what, bytes = 0, ms = 0] of steps) {
    if (what !== "cut off" && what !== "forgotten") limit.answered();
    if (what === "refused") limit.refused(bytes, ms);
    else if (what === "cut off") limit.cutOff(bytes, ms);
    else if (what === "forgotten") limit.forget();
    else if (limit.accepted(bytes, ms)) found++;
  }
  return { maxBytes: limit.maxBytes, found };
}

const CUT = (bytes: number): Step => ["cut off", bytes];
const THREE = (bytes: number): Step[] => [CUT(bytes), CUT(bytes), CUT(bytes)];
const MINUTE = 60_000;
const cases: [sentence: string, steps: Step[], maxBytes: number, found: number][] = [
  ["no limit is known at first", [["accepted", 1_000_000]], Infinity, 0],
  ["a refusal alone sets none: everything may be refused", [["refused", 1_000_000]], Infinity, 0],
  [
    "a refusal and a smaller body that is accepted set it to half of what was refused",
    [["refused", 1_000_000], ["accepted", 1000]],
    500_000,
    1,
  ],
  [
    "or to what was accepted, when that is more",
    [["refused", 1_000_000], ["accepted", 700_000]],
    700_000,
    1,
  ],
  ["it is found once", [["refused", 800_000], ["accepted", 10], ["accepted", 20]], 400_000, 1],
  [
    "a body below it that is refused lowers it",
    [["refused", 800_000], ["accepted", 10], ["refused", 300_000]],
    150_000,
    1,
  ],
  ["it never goes below 4096 bytes", [["refused", 1000], ["accepted", 10]], 4096, 1],
  [
    "bodies near it that are accepted raise it a little",
    [["refused", 800_000], ["accepted", 10], ["accepted", 390_000]],
    440_000,
    1,
  ],
  [
    "smaller ones do not",
    [["refused", 800_000], ["accepted", 10], ["accepted", 100_000]],
    400_000,
    1,
  ],
  [
    "what was refused lately is not tried again",
    [["refused", 1000_000], ["accepted", 950_000], ["accepted", 949_000]],
    999_999,
    1,
  ],
  [
    "what was refused long ago is",
    [["refused", 1000_000], ["accepted", 950_000], ["accepted", 949_000, 11 * MINUTE]],
    1_045_000,
    1,
  ],
  [
    "a body that is accepted although one of its size was refused ends it",
    [["refused", 1000], ["accepted", 10], ["accepted", 1000]],
    Infinity,
    1,
  ],
  ["it can be forgotten", [["refused", 800_000], ["accepted", 10], ["forgotten"]], Infinity, 1],
  ["being cut off twice sets none", [CUT(800_000), CUT(800_000)], Infinity, 0],
  [
    "nor does being cut off now and then",
    [CUT(800_000), CUT(800_000), ["accepted", 10], CUT(800_000)],
    Infinity,
    0,
  ],
  [
    "being cut off three times in a row halves it for a while",
    [...THREE(800_000)],
    400_000,
    0,
  ],
  ["and again at each further time", [...THREE(800_000), CUT(400_000)], 200_000, 0],
  ["not below 32 KiB by that", [...THREE(40_000)], 32_768, 0],
  [
    "a suspected limit doubles with each body near it that is accepted",
    [...THREE(800_000), CUT(400_000), ["accepted", 190_000]],
    400_000,
    0,
  ],
  [
    "and ends below what was cut off",
    [...THREE(800_000), ["accepted", 390_000]],
    Infinity,
    0,
  ],
  [
    "being cut off three times again after smaller bodies were accepted proves it",
    [...THREE(800_000), ["accepted", 390_000], ...THREE(600_000), ["accepted", 1000]],
    300_000,
    1,
  ],
  [
    "not when as large a body was accepted in between",
    [...THREE(800_000), ["accepted", 390_000], ["accepted", 800_000], ...THREE(800_000)],
    400_000,
    0,
  ],
];
for (const [sentence, steps, maxBytes, found] of cases) {
  Deno.test(`BodyLimit: ${sentence}`, () => {
    assert.deepEqual(after(steps), { maxBytes, found });
  });
}
