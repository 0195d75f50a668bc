import { reportOf } from "./recorder.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { CheckpointTracker } from "../../src/consumer/checkpoint_tracker.ts";

Deno.test("CheckpointTracker moves over an unbroken run only", () => {
  const tracker = new CheckpointTracker("start", "start");
  for (const [seq, cursor] of ["a", "b", "c"].entries()) tracker.pulled(seq, cursor);
  tracker.done(0, reportOf(1));
  tracker.done(2, reportOf(1)); // done too, but not 1
  assert.equal(tracker.reached, "a");
  assert.equal(tracker.open, 2);
  tracker.done(1, reportOf(1));
  assert.equal(tracker.reached, "c");
  assert.equal(tracker.open, 0);
});

Deno.test("CheckpointTracker asks for the start to be written when nothing is stored", () => {
  const tracker = new CheckpointTracker("", "end-cursor");
  assert.equal(tracker.due, "end-cursor");
  tracker.written("end-cursor");
  assert.equal(tracker.due, undefined);
});

Deno.test("CheckpointTracker does not ask for the stored checkpoint to be written again", () => {
  const tracker = new CheckpointTracker("stored", "stored");
  assert.equal(tracker.due, undefined);
  tracker.pulled(0, "next");
  assert.equal(tracker.due, undefined);
  tracker.done(0, reportOf(1));
  assert.equal(tracker.due, "next");
});

Deno.test("CheckpointTracker is still due when it moved during a write", () => {
  const tracker = new CheckpointTracker("", "a");
  const writing = tracker.due!;
  tracker.pulled(0, "b");
  tracker.done(0, reportOf(1));
  tracker.written(writing);
  assert.equal(tracker.due, "b");
});

const misuses: [what: string, use: (tracker: CheckpointTracker) => void][] = [
  ["a page that leaves a hole", (tracker) => tracker.pulled(3, "x")],
  ["a page that was pulled already", (tracker) => tracker.pulled(1, "x")],
  ["the end of a page that was never pulled", (tracker) => tracker.done(2, reportOf(1))],
  [
    "the end of a page that is finished behind an open one",
    (tracker) => tracker.done(1, reportOf(1)),
  ],
  ["the end of a page before the run", (tracker) => tracker.done(-1, reportOf(1))],
  ["a jump over open pages", (tracker) => tracker.jump("x")],
];
for (const [what, use] of misuses) {
  Deno.test(`CheckpointTracker refuses ${what}`, () => {
    const tracker = new CheckpointTracker("start", "start");
    tracker.pulled(0, "a");
    tracker.pulled(1, "b");
    tracker.done(1, reportOf(1));
    assert.throws(() => use(tracker), RangeError);
    assert.equal(tracker.reached, "start");
    assert.equal(tracker.open, 2);
  });
}

Deno.test("CheckpointTracker refuses the end of a page that the checkpoint has passed", () => {
  const tracker = new CheckpointTracker("start", "start");
  tracker.pulled(0, "a");
  tracker.done(0, reportOf(1));
  assert.throws(() => tracker.done(0, reportOf(1)), RangeError);
});

Deno.test("CheckpointTracker takes rewound pages under the same numbers again", () => {
  const tracker = new CheckpointTracker("start", "start");
  for (const [seq, cursor] of ["a", "b", "c"].entries()) tracker.pulled(seq, cursor);
  tracker.done(2, reportOf(1));
  tracker.rewound(1);
  tracker.done(0, reportOf(1));
  assert.equal(tracker.reached, "a");
  tracker.pulled(1, "b2");
  tracker.done(1, reportOf(1));
  assert.equal(tracker.reached, "b2");
});

Deno.test("CheckpointTracker jumps when nothing is open, and then continues from there", () => {
  const tracker = new CheckpointTracker("lost", "lost");
  tracker.jump("oldest");
  assert.equal(tracker.due, "oldest");
  tracker.pulled(0, "next");
  tracker.done(0, reportOf(1));
  assert.equal(tracker.due, "next");
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("pull" as const) }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant("done" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("rewind" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("jump" as const) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("write" as const) }) },
);

Deno.test("CheckpointTracker agrees with a list of all pages, in whatever order they end", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
    const tracker = new CheckpointTracker("", "c0");
    /** Every page since the last jump, however long done. */
    let pages: { cursor: string; done: boolean }[] = [];
    let numbersBefore = 0;
    let base = "c0";
    let stored = "";
    let cursors = 0;
    for (const step of steps) {
      const firstOpen = pages.findIndex((page) => !page.done);
      const run = firstOpen < 0 ? pages.length : firstOpen;
      const open = pages.flatMap((page, i) => page.done ? [] : [i]);
      if (step.what === "pull") {
        const cursor = `c${++cursors}`;
        tracker.pulled(numbersBefore + pages.length, cursor);
        pages.push({ cursor, done: false });
      } else if (step.what === "done") {
        if (open.length === 0) continue;
        const at = open[step.which % open.length]!;
        tracker.done(numbersBefore + at, reportOf(1));
        pages[at]!.done = true;
      } else if (step.what === "rewind") {
        const at = Math.min(pages.length, run + step.which);
        tracker.rewound(numbersBefore + at);
        pages.length = at;
      } else if (step.what === "jump") {
        if (open.length > 0) continue;
        base = `c${++cursors}`;
        tracker.jump(base);
        numbersBefore += pages.length;
        pages = [];
      } else {
        const due = tracker.due;
        if (due === undefined) continue;
        tracker.written(due);
        stored = due;
      }
      const unbroken = pages.findIndex((page) => !page.done);
      const last = unbroken < 0 ? pages.length - 1 : unbroken - 1;
      const reached = last < 0 ? base : pages[last]!.cursor;
      assert.equal(tracker.reached, reached);
      assert.equal(tracker.open, pages.length - 1 - last);
      assert.equal(tracker.due, reached === stored ? undefined : reached);
    }
  }));
});
