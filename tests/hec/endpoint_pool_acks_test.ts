import assert from "node:assert/strict";
import { settleInside } from "../support/fake_clock.ts";
import { names, withPool } from "./with_pool.ts";

const NEVER = new AbortController().signal;

Deno.test("EndpointPool gives a slot of one endpoint, before those that wait for any, within the limits", async () => {
  await withPool(2, async ({ pool, take, endpoints }) => {
    const [a, b] = endpoints;
    const slots = [await take(), await take()];
    const order: string[] = [];
    const waits = [
      pool.acquire(NEVER).then(({ endpoint }) => order.push(`any: ${endpoint.name}`)),
      pool.acquireAt(b!, NEVER).then(({ endpoint }) => order.push(`b: ${endpoint.name}`)),
    ];
    await settleInside();
    assert.deepEqual(order, []); // both in flight are all that is allowed
    slots[0]!.release("ok"); // of a
    await settleInside();
    assert.deepEqual(order, ["b: b"]);
    slots[1]!.release("ok");
    await Promise.all(waits);
    assert.equal(order[1], "any: a");
    const stop = new AbortController();
    const failed = assert.rejects(pool.acquireAt(a!, stop.signal), /lease lost/);
    stop.abort(new Error("lease lost"));
    await failed;
  }, { maxConcurrentRequests: 2 });
});

Deno.test("EndpointPool prefers endpoints that acknowledge, and takes the others when there is none", async () => {
  await withPool(3, async ({ pool, take, endpoints, clock }) => {
    const [a, b, c] = endpoints;
    a!.acknowledges = false;
    assert.equal(names([await take(), await take(), await take()]), "bcb");
    assert.equal(pool.hasOther(b!), true);
    b!.acknowledges = c!.acknowledges = false;
    assert.equal(pool.hasOther(b!), false);
    assert.equal(names([await take(), await take()]), "ac");
    await clock.advance(300_000); // after which it is tried again
    assert.equal(pool.hasOther(b!), true);
  }, { maxConcurrentRequests: 9 });
});
