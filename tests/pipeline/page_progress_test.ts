import assert from "node:assert/strict";
import { PageProgress } from "../../src/pipeline/page_progress.ts";

const accepted = (delivered: number, parked = 0) => ({
  delivered,
  parked,
  resends: 0,
  ackTimeouts: 0,
});

Deno.test("PageProgress is complete when all events are built and each is settled", () => {
  const tally = new PageProgress(7, "cursor");
  tally.add(1, 10);
  tally.add(1, 20);
  tally.settle(accepted(1));
  assert.equal(tally.complete, false);
  tally.finish(100);
  assert.equal(tally.complete, false);
  tally.settle({ delivered: 0, parked: 1, resends: 2, ackTimeouts: 1 });
  assert.equal(tally.complete, true);
  assert.deepEqual(tally.report, {
    delivered: 1,
    parked: 1,
    filtered: 0,
    queryFailed: 0,
    oddTimes: 0,
    pages: 1,
    rawBytes: 100,
    eventBytes: 30,
    resends: 2,
    ackTimeouts: 1,
  });
});

Deno.test("PageProgress is not complete while events may still come, though all are settled", () => {
  const tally = new PageProgress(0, "cursor");
  assert.equal(tally.complete, false);
  tally.add(1, 10);
  tally.settle(accepted(1));
  assert.equal(tally.complete, false);
});

Deno.test("PageProgress of a page without events is complete when it is finished", () => {
  const tally = new PageProgress(0, "cursor");
  tally.finish(0);
  assert.equal(tally.complete, true);
});

Deno.test("PageProgress counts what a query left out, which no event waits for", () => {
  const tally = new PageProgress(0, "cursor", {
    filtered: { logs: 9, failed: 2 },
    beforeQuery: { logs: 9, bytes: undefined },
  });
  tally.finish(0);
  assert.equal(tally.complete, true);
  const { filtered, queryFailed, delivered } = tally.report;
  assert.deepEqual({ filtered, queryFailed, delivered }, {
    filtered: 9,
    queryFailed: 2,
    delivered: 0,
  });
});
