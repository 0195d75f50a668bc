import assert from "node:assert/strict";
import { settleInside } from "../support/fake_clock.ts";
import { names, withPool } from "./with_pool.ts";

const NEVER = new AbortController().signal;

Deno.test("EndpointPool spreads requests evenly, and lets equally free endpoints take turns", async () => {
  await withPool(3, async ({ take }) => {
    const slots = [await take(), await take(), await take(), await take()];
    assert.equal(names(slots), "abca");
    for (const slot of slots) slot.release("ok");
    let order = "";
    for (let i = 0; i < 6; i++) {
      const slot = await take();
      order += slot.endpoint.name;
      slot.release("ok");
    }
    assert.equal(order, "bcabca");
  });
});

Deno.test("EndpointPool gives the endpoint with the fewest requests in flight", async () => {
  await withPool(2, async ({ take }) => {
    const [first, second] = [await take(), await take()];
    assert.equal(names([first, second]), "ab");
    second.release("ok");
    assert.equal((await take()).endpoint.name, "b");
    first.release("ok");
    first.release("ok"); // more than once does nothing
    assert.equal(names([await take(), await take()]), "ab");
  });
});

Deno.test("EndpointPool keeps each endpoint's limit and the limit over all", async () => {
  await withPool(2, async ({ pool, take, endpoints }) => {
    endpoints[0]!.limit.restart();
    const slots = [await take(), await take(), await take()];
    assert.equal(names(slots), "abb");
    const waiting = pool.acquire(NEVER);
    await settleInside();
    slots[0]!.release("ok");
    assert.equal((await waiting).endpoint.name, "a");
    const order: string[] = [];
    const later = [1, 2].map(async (n) => {
      order.push(`${n}${(await pool.acquire(NEVER)).endpoint.name}`);
    });
    await settleInside();
    assert.deepEqual(order, []);
    slots[1]!.release("ok");
    slots[2]!.release("ok");
    await Promise.all(later);
    assert.deepEqual(order, ["1b", "2b"]);
  }, { maxConcurrentRequests: 3 });
});

Deno.test("EndpointPool ends a wait with the signal's reason, and forgets who waited", async () => {
  await withPool(1, async ({ pool, take }) => {
    const slot = await take();
    const stop = new AbortController();
    const waiting = pool.acquire(stop.signal);
    const failed = assert.rejects(waiting, /lease lost/);
    stop.abort(new Error("lease lost"));
    await failed;
    await assert.rejects(pool.acquire(stop.signal), /lease lost/);
    slot.release("ok");
    (await take()).release("ok");
  }, { perEndpoint: 1 });
});

Deno.test("EndpointPool avoids the endpoint that just failed, unless there is no other", async () => {
  await withPool(2, async ({ take, endpoints }) => {
    const [a, b] = endpoints;
    assert.equal((await take(a)).endpoint.name, "b");
    assert.equal((await take(a)).endpoint.name, "b");
    assert.equal((await take(b)).endpoint.name, "a");
  });
  await withPool(1, async ({ take, endpoints }) => {
    assert.equal((await take(endpoints[0])).endpoint.name, "a");
  });
});

Deno.test("EndpointPool does not let one that avoids an endpoint hold up the others", async () => {
  await withPool(2, async ({ pool, take, endpoints }) => {
    const b = await take(endpoints[0]);
    const picky = pool.acquire(NEVER, endpoints[0]); // waits for b
    assert.equal((await take()).endpoint.name, "a");
    b.release("ok");
    assert.equal((await picky).endpoint.name, "b");
  }, { perEndpoint: 1 });
});

Deno.test("EndpointPool leaves an endpoint alone after three failures in a row, until it is well", async () => {
  await withPool(3, async ({ clock, pool, take, health, probes, telemetry, endpoints }) => {
    health["a"] = "away";
    const failing = [await take(), await take(), await take(), await take()]; // a b c a
    for (const slot of failing) slot.release(slot.endpoint.name === "a" ? "failed" : "ok");
    assert.equal(pool.healthy, 3);
    const again = [await take(), await take(), await take()];
    for (const slot of again) slot.release(slot.endpoint.name === "a" ? "failed" : "ok");
    assert.equal(pool.healthy, 2);
    let order = "";
    for (let i = 0; i < 4; i++) {
      const slot = await take();
      order += slot.endpoint.name;
      slot.release("ok");
    }
    assert.equal(order.includes("a"), false);
    await clock.advance(60_000); // waits grow: 1.5 s, 2.5, 4.5, 8.5, 15.5, 15.5
    assert.deepEqual(probes, ["a 1500", "a 4000", "a 8500", "a 17000", "a 32500", "a 48000"]);
    health["a"] = 18;
    await clock.advance(4000);
    assert.deepEqual([pool.healthy, probes.length], [2, 7]);
    health["a"] = 17;
    await clock.advance(16_000);
    assert.equal(pool.healthy, 3);
    assert.equal(endpoints[0]!.limit.limit, 1); // it comes back slowly
    assert.equal(
      names([await take(), await take(), await take(), await take()]).match(/a/g)?.length,
      1,
    );
    assert.deepEqual(telemetry.at(-1), { type: "recovered", about: "a: endpoint" });
    const troubles = telemetry.filter((event) => event.type === "trouble");
    assert.ok(
      troubles.some(({ message }) => message.includes("endpoint a fails; the others take")),
    );
    assert.ok(troubles.some(({ message }) => message.includes("the health of a: refused")));
  });
});

Deno.test("EndpointPool forgets failures after a good answer", async () => {
  await withPool(2, async ({ pool, take, endpoints }) => {
    for (const result of ["failed", "failed", "ok", "failed", "failed"] as const) {
      (await take(endpoints[1])).release(result);
    }
    assert.equal(pool.healthy, 2);
  });
});

Deno.test("EndpointPool leaves an endpoint alone at once when the answer asks for it", async () => {
  await withPool(2, async ({ pool, take, clock, health, endpoints }) => {
    health["a"] = 21; // its health page is closed off, and events may still be accepted
    (await take(endpoints[1])).release("eject");
    assert.equal(pool.healthy, 1);
    assert.equal(names([await take(), await take()]), "bb");
    await clock.advance(1500);
    assert.equal(pool.healthy, 2);
  });
});

Deno.test("EndpointPool never leaves a single endpoint alone", async () => {
  await withPool(1, async ({ pool, take, probes, clock }) => {
    for (let i = 0; i < 10; i++) (await take()).release("eject");
    await clock.advance(60_000);
    assert.equal(pool.healthy, 1);
    assert.deepEqual(probes, []);
  });
});

Deno.test("EndpointPool tries all endpoints when none is well", async () => {
  await withPool(2, async ({ pool, take, health, endpoints }) => {
    health["a"] = health["b"] = "away";
    (await take(endpoints[1])).release("eject");
    (await take()).release("eject");
    assert.equal(pool.healthy, 0);
    assert.equal(names([await take(), await take()]), "ab");
  });
});

Deno.test("EndpointPool releases those waiters that an endpoint's return has room for", async () => {
  await withPool(2, async ({ pool, take, clock, endpoints }) => {
    (await take(endpoints[1])).release("eject");
    const b = await take();
    const waiting = pool.acquire(NEVER);
    await clock.advance(1500);
    assert.equal((await waiting).endpoint.name, "a");
    b.release("ok");
  }, { perEndpoint: 1 });
});

Deno.test("EndpointPool takes a new connection and channel when an endpoint comes back", async () => {
  await withPool(2, async ({ take, clock, endpoints, pool }) => {
    const body = new TextEncoder().encode("{}");
    const before = await endpoints[0]!.postEvents(body, { gzipped: false, acks: true }, NEVER);
    (await take(endpoints[1])).release("eject");
    await clock.advance(1500);
    assert.equal(pool.healthy, 2);
    const after = await endpoints[0]!.postEvents(body, { gzipped: false, acks: true }, NEVER);
    assert.notEqual(after.channel, before.channel);
  });
});

Deno.test("EndpointPool gives up the requests of an endpoint that is dead to its health page too, while others answer", async () => {
  await withPool(2, async ({ take, clock, health, probes, endpoints }) => {
    const stuck = await take();
    const [, b] = endpoints;
    const answered = async () => {
      const slot = await take(endpoints[0]);
      assert.equal(slot.endpoint, b);
      slot.release("ok");
    };
    assert.equal(stuck.endpoint.name, "a");
    await answered();
    await clock.advance(5000);
    assert.deepEqual(probes, [], "it may still answer");
    await answered();
    await clock.advance(5000);
    assert.deepEqual(probes, ["a 10000"], "it is slow, but well");
    assert.equal(stuck.abandoned!.aborted, false);
    health["a"] = "away";
    await answered();
    await clock.advance(5000);
    assert.match(String(stuck.abandoned!.reason), /a answers neither this request nor its health/);
    stuck.release("failed");
    assert.equal((await take()).endpoint, b, "it is left alone");
  });
});

Deno.test("EndpointPool gives up no request while no endpoint answers: none would be better off", async () => {
  await withPool(2, async ({ take, clock, health, probes }) => {
    health["a"] = health["b"] = "away";
    const slots = [await take(), await take()];
    await clock.advance(60_000);
    assert.deepEqual(probes, []);
    assert.ok(slots.every(({ abandoned }) => !abandoned!.aborted));
  });
});
