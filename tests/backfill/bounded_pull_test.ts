import assert from "node:assert/strict";
import { BoundedPull } from "../../src/backfill/bounded_pull.ts";
import { FakePullLogs } from "../pipeline/fake_pull_logs.ts";
import { cursorOf, groupOf } from "../pipeline/pages.ts";

const room = (bytes: number) => ({ body: new Uint8Array(bytes) });
function scene(end: number) {
  const server = new FakePullLogs();
  server.groups = ["a", "b", "c", "d", "e"].map((id) => groupOf(id));
  return { server, bounded: new BoundedPull(server, () => cursorOf(end), undefined) };
}

Deno.test("BoundedPull says where to stop, and asks for no more groups than are left", async () => {
  const { server, bounded } = scene(3);
  const page = await bounded.pull({ shard: 1, cursor: cursorOf(1), count: 1000 }, room);
  assert.deepEqual([server.requests[0]!.endCursor, server.requests[0]!.count], [cursorOf(3), 2]);
  // The fake does not know end_cursor: it is the count that keeps it from giving more.
  assert.equal(page.kind === "page" && page.nextCursor, cursorOf(3));
});

Deno.test("BoundedPull asks nobody at the end and behind it", async () => {
  const { server, bounded } = scene(3);
  for (const at of [3, 4]) {
    const page = await bounded.pull({ shard: 1, cursor: cursorOf(at), count: 1000 }, room);
    assert.ok(page.kind === "page");
    assert.deepEqual([page.groupCount, page.nextCursor, page.endOfShard], [0, cursorOf(at), true]);
  }
  assert.deepEqual(server.requests, []);
});

Deno.test("BoundedPull takes a server that has nothing before the end for a wrong answer", async () => {
  const { bounded } = scene(9);
  await assert.rejects(
    bounded.pull({ shard: 1, cursor: cursorOf(5), count: 1000 }, room),
    {
      name: "SlsError",
      kind: "bad_answer",
      message: /nothing at cursor .*, expected log groups up to/,
    },
  );
});
