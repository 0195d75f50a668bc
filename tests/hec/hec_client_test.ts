import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { good, goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

/** Where connections are counted that are kept: over `fetch` none is. */
const KEPT = { ignore: !nodeHttpIsSound };

Deno.test("HecClient delivers a batch in one request, its bytes as they are", async () => {
  for (const gzip of [true, "zlib", false] as const) {
    await using harness = new HecHarness({ gzip });
    const events = [good("a"), good('b"å😀'), good("c", "other")];
    const report = await harness.deliver(events);
    assert.deepEqual(report, {
      delivered: 3,
      parked: [],
      resends: 0,
      ackTimeouts: 0,
      bodyIsFree: true,
    });
    harness.assertComplete(events);
    assert.deepEqual(
      harness.hec.events.map(({ envelope }) => envelope),
      events.map(({ text }) => text),
    );
    const [request] = harness.hec.requests;
    assert.equal(request!.headers.get("content-encoding"), gzip ? "gzip" : null);
    assert.equal(request!.headers.get("user-agent"), "sls2hec/test");
    assert.deepEqual(harness.telemetry, []);
  }
});

Deno.test("HecClient delivers an empty batch without a request", async () => {
  await using harness = new HecHarness();
  const report = await harness.deliver([]);
  assert.deepEqual(report, {
    delivered: 0,
    parked: [],
    resends: 0,
    ackTimeouts: 0,
    bodyIsFree: true,
  });
  assert.equal(harness.hec.requests.length, 0);
});

Deno.test("HecClient keeps the events of a batch in order", async () => {
  await using harness = new HecHarness();
  const events = goods(500);
  await harness.deliver(events);
  assert.deepEqual(
    harness.hec.events.map(({ fields }) => fields!["sls_id"]),
    events.map(({ id }) => id),
  );
});

Deno.test("HecClient sends many batches at once, and no more than it may", KEPT, async () => {
  await using harness = new HecHarness({ client: { maxConcurrentRequests: 3, makeTransport } });
  harness.hec.rule = () => faults.slow(500);
  const batches = Array.from({ length: 20 }, (_, i) => goods(10, `b${i}-`));
  await Promise.all(batches.map((events) => harness.deliver(events)));
  harness.assertComplete(batches.flat());
  assert.equal(harness.hec.requestsOpenMax, 3);
  assert.ok(harness.hec.connectionsOpened <= 3);
});

Deno.test("HecClient opens a new connection after a number of requests", KEPT, async () => {
  await using harness = new HecHarness({
    client: { makeTransport, maxConnectionAge: { afterRequests: 4, afterMs: 3_600_000 } },
  });
  for (let i = 0; i < 12; i++) await harness.deliver([good(`${i}`)]);
  assert.equal(harness.hec.connectionsOpened, 3);
  await harness.until(() => harness.hec.connectionsOpen === 1);
});

Deno.test("HecClient opens a new connection after some time", KEPT, async () => {
  await using harness = new HecHarness({
    client: { makeTransport, maxConnectionAge: { afterRequests: 1000, afterMs: 10_000 } },
  });
  await harness.deliver([good("a")]);
  await harness.deliver([good("b")]);
  assert.equal(harness.hec.connectionsOpened, 1);
  await harness.clock.sleep(11_000);
  await harness.deliver([good("c")]);
  assert.equal(harness.hec.connectionsOpened, 2);
});

Deno.test("HecClient ends a delivery with the signal's reason, wherever it waits", async () => {
  const places: [place: string, fault: Fault][] = [
    ["for an answer", faults.hang()],
    ["before the next try", faults.retryAfter(503, "3000")],
    ["held", faults.tokenDisabled()],
  ];
  for (const [place, fault] of places) {
    await using harness = new HecHarness({ client: { timeoutMs: 600_000 } });
    harness.hec.rule = () => fault;
    const stop = new AbortController();
    const failed = assert.rejects(
      harness.deliver(goods(3), { signal: stop.signal }),
      /lease lost/,
      place,
    );
    await harness.until(() => harness.hec.requests.length > 0);
    await harness.clock.sleep(200);
    stop.abort(new Error("lease lost"));
    await failed;
    assert.equal(harness.client.isHeld("p/l"), false);
  }
});

Deno.test("HecClient recovers its speed after Splunk was overloaded", async () => {
  await using harness = new HecHarness({ client: { maxConcurrentRequests: 8 } });
  const { hec } = harness;
  hec.inject(faults.times(30, faults.queueFull()));
  const first = Array.from({ length: 40 }, (_, i) => goods(2, `a${i}-`));
  await Promise.all(first.map((events) => harness.deliver(events)));
  hec.rule = () => faults.slow(300);
  const second = Array.from({ length: 80 }, (_, i) => goods(2, `b${i}-`));
  await Promise.all(second.map((events) => harness.deliver(events)));
  harness.assertComplete([...first, ...second].flat());
  assert.equal(hec.requestsOpenMax, 8);
});

Deno.test("HecClient takes sources that come and go while it runs, by their ids", async () => {
  await using harness = new HecHarness();
  const { client, hec } = harness;
  const [first, second] = [goods(3, "a"), goods(3, "b")];
  await harness.deliver(first, { source: harness.addSource("p/second") });
  assert.throws(() => harness.addSource("p/second"), /there is one already/);
  await assert.rejects(harness.deliver(goods(1), { source: "p/none" }), /no such source/);
  hec.rule = () => faults.tokenRequired();
  const underWay = harness.deliver(second, { source: "p/second" });
  await harness.until(() => client.isHeld("p/second"));
  assert.equal(client.isHeld("p/l"), false);
  client.removeSource("p/second");
  await assert.rejects(harness.deliver(goods(1), { source: "p/second" }), /no such source/);
  client.holdElsewhere("p/second", true); // late news of another isolate
  harness.addSource("p/second");
  assert.equal(client.isHeld("p/second"), false, "it starts without a hold");
  hec.rule = undefined;
  await underWay;
  harness.assertComplete([...first, ...second]);
});
