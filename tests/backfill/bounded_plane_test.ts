import assert from "node:assert/strict";
import { BoundedPlane } from "../../src/backfill/bounded_plane.ts";
import type { DataPlane, PageReport, ShardEnd, ShardListener } from "../../src/consumer/ports.ts";
import { cursorOf } from "../pipeline/pages.ts";

const REPORT = {} as PageReport;

/** A plane that does what the test says, until it is revoked. */
function scene(from = 0) {
  const job = new AbortController();
  let listener: ShardListener | undefined;
  let revoked: AbortSignal | undefined;
  const told: string[] = [];
  const plane: DataPlane = {
    run: (job, given) => {
      listener = given;
      revoked = job.revoked;
      const { promise, resolve } = Promise.withResolvers<ShardEnd>();
      job.revoked.addEventListener("abort", () => resolve({ kind: "drained" }), { once: true });
      if (job.revoked.aborted) resolve({ kind: "drained" });
      return promise;
    },
    notify: () => Promise.resolve(),
  };
  const end = new BoundedPlane(plane, () => cursorOf(2)).run({
    shard: 0,
    cursor: cursorOf(from),
    revoked: job.signal,
    lost: new AbortController().signal,
  }, {
    pulled: ({ seq }) => told.push(`pulled ${seq}`),
    done: ({ seq }) => told.push(`done ${seq}`),
    rewound: (seq) => told.push(`rewound ${seq}`),
    caughtUp: () => told.push("caught up"),
  });
  return {
    end,
    told,
    job,
    plane: () => ({ listener: listener!, revoked: revoked! }),
    ran: () => !!listener,
  };
}

Deno.test("BoundedPlane ends a shard when all up to the end is done, in whatever order", async () => {
  const test = scene();
  const { listener, revoked } = test.plane();
  listener.pulled({ seq: 0, nextCursor: cursorOf(1) });
  listener.pulled({ seq: 1, nextCursor: cursorOf(2) });
  listener.done({ seq: 1, report: REPORT });
  assert.ok(!revoked.aborted, "a page before the end is open");
  listener.done({ seq: 0, report: REPORT });
  assert.ok(revoked.aborted);
  assert.deepEqual(await test.end, { kind: "drained" });
  assert.deepEqual(test.told, ["pulled 0", "pulled 1", "done 1", "done 0"]);
});

Deno.test("BoundedPlane waits for a last page that proved unreadable and is pulled again", async () => {
  const test = scene();
  const { listener, revoked } = test.plane();
  listener.pulled({ seq: 0, nextCursor: cursorOf(1) });
  listener.pulled({ seq: 1, nextCursor: cursorOf(2) });
  listener.rewound(1);
  listener.done({ seq: 0, report: REPORT });
  assert.ok(!revoked.aborted, "the last page is not done");
  listener.pulled({ seq: 1, nextCursor: cursorOf(2) });
  listener.done({ seq: 1, report: REPORT });
  assert.ok(revoked.aborted);
  await test.end;
});

Deno.test("BoundedPlane runs nothing at the end and behind it", async () => {
  for (const from of [2, 3]) {
    const test = scene(from);
    assert.deepEqual(await test.end, { kind: "drained" });
    assert.ok(!test.ran());
  }
});

Deno.test("BoundedPlane passes on that the shard is to stop", async () => {
  const test = scene();
  test.job.abort(new Error("stop"));
  assert.deepEqual(await test.end, { kind: "drained" });
});
