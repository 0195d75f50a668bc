import assert from "node:assert/strict";
import { ShardLease } from "../../src/consumer/shard_lease.ts";

Deno.test("ShardLease.revoke() asks for the shard back and leaves time for it", () => {
  const lease = new ShardLease(3);
  lease.revoke("rebalanced");
  lease.revoke("the program stops");
  assert.deepEqual(lease.revoked.reason, new Error("rebalanced"));
  assert.equal(lease.lost.aborted, false);
});

Deno.test("ShardLease.lose() says lost before it says revoked, so that nothing begins to drain", () => {
  const lease = new ShardLease(3);
  let lostFirst = false;
  lease.revoked.addEventListener("abort", () => lostFirst = lease.lost.aborted);
  lease.lose("no heartbeat");
  assert.equal(lostFirst, true);
  assert.deepEqual(lease.lost.reason, new Error("no heartbeat"));
  assert.equal(lease.revoked.aborted, true);
});

Deno.test("ShardLease can still be lost after it was revoked", () => {
  const lease = new ShardLease(3);
  lease.revoke("rebalanced");
  lease.lose("refused");
  assert.deepEqual(lease.lost.reason, new Error("refused"));
});
