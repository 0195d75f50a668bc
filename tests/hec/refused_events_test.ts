import assert from "node:assert/strict";
import zlib from "node:zlib";
import fc from "fast-check";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecResponse } from "../../src/hec/transport/hec_transport.ts";
import { good, goods, poison, type PoisonCode, type TestEvent } from "./batches.ts";
import { answer, FakeTransport, SUCCESS } from "./fake_transport.ts";
import { HecHarness } from "./hec_harness.ts";

const CODES = [6, 12, 13, 15] as const;
const TEXTS: Record<PoisonCode, string> = {
  6: "Invalid data format",
  12: "Event field is required",
  13: "Event field cannot be blank",
  15: "Error in handling indexed fields",
};

/** Five events with poison at the places. */
function withPoison(places: readonly number[], code: PoisonCode): TestEvent[] {
  return goods(5).map((event, i) => places.includes(i) ? poison(event.id, code) : event);
}

const ackTokens = (ack: "on" | "off") => [{ tokens: [{ token: "t", useAck: ack === "on" }] }];

for (const ack of ["off", "on"] as const) {
  for (const code of CODES) {
    for (const places of [[0], [2], [4], [0, 1], [1, 3], [3, 4], [0, 1, 2, 3, 4]]) {
      Deno.test(`HecClient parks code ${code} at ${places} of 5, the rest is stored once, acks ${ack}`, async () => {
        await using harness = new HecHarness({ emulators: ackTokens(ack), client: { ack } });
        const events = withPoison(places, code);
        const report = await harness.deliver(events);
        assert.deepEqual(report.parked, places);
        harness.assertComplete(events);
        for (const place of places) {
          const { id, text } = events[place]!;
          assert.deepEqual(harness.parked.get(id), {
            at: place,
            envelope: text,
            reason: "refused",
            status: 400,
            code,
            text: TEXTS[code],
          });
        }
        // A request for what follows each poison; the last one ends the batch.
        assert.equal(report.resends, places.length - (places.includes(4) ? 1 : 0));
      });
    }
  }
}

Deno.test("HecClient parks exactly the poison, wherever it is, and stores the rest once", async () => {
  await using harness = new HecHarness({
    speed: 300,
    source: { guard: { maxRefusedPercent: 100, maxRefusedInARow: 1000 } },
  });
  let batch = 0;
  const event = fc.option(fc.constantFrom(...CODES), { nil: undefined, freq: 4 });
  const batches = fc.array(fc.array(event, { maxLength: 30 }), { minLength: 1, maxLength: 4 });
  const sent = [good("first")];
  await harness.deliver(sent); // finds that the token has no acknowledgement
  await fc.assert(
    fc.asyncProperty(batches, async (lists) => {
      const made = lists.map((list) => {
        const name = `b${batch++}-`;
        return list.map((code, i) =>
          code === undefined ? good(`${name}${i}`) : poison(`${name}${i}`, code)
        );
      });
      const reports = await Promise.all(made.map((events) => harness.deliver(events)));
      sent.push(...made.flat());
      for (const [i, { parked }] of reports.entries()) {
        const places = lists[i]!.flatMap((code, at) => code === undefined ? [] : [at]);
        assert.deepEqual(parked, places);
      }
    }),
    { numRuns: 60 },
  );
  harness.assertComplete(sent);
});

Deno.test("HecClient parks an event above Splunk's limit as too large, and sends the rest", async () => {
  await using harness = new HecHarness();
  const large = good("large");
  const text = large.text.replace('"not this one"', JSON.stringify("x".repeat(6_000_000)));
  const events = [good("a"), { ...large, text }, good("b")];
  const { parked } = await harness.deliver(events);
  assert.deepEqual(parked, [1]);
  harness.assertComplete(events);
  const { reason, code, envelope } = harness.parked.get("large")!;
  assert.deepEqual([reason, code, envelope === text], ["too_large", 6, true]);
});

Deno.test("HecClient halves a request that is too large until its parts fit", async () => {
  await using harness = new HecHarness({
    emulators: [{ limits: { maxContentBytes: 1000 } }],
    gzip: false,
  });
  const events = goods(40);
  const { parked, resends } = await harness.deliver(events);
  assert.deepEqual(parked, []);
  harness.assertComplete(events);
  const sizes = harness.hec.requests.filter(({ status }) => status === 200).map(({ bodyBytes }) =>
    bodyBytes
  );
  assert.ok(sizes.every((size) => size > 300 && size <= 1000), `${sizes}`);
  assert.equal(harness.hec.requests.length, resends + 1);
});

Deno.test("HecClient parks an event that is too large by itself", async () => {
  await using harness = new HecHarness({
    emulators: [{ limits: { maxContentBytes: 1000 } }],
    gzip: false,
  });
  const large = good("large".repeat(300));
  const events = [...goods(7, "a"), large, ...goods(7, "b")];
  const { parked } = await harness.deliver(events);
  assert.deepEqual(parked, [7]);
  harness.assertComplete(events);
  const { reason, status, code } = harness.parked.get(large.id)!;
  assert.deepEqual([reason, status, code], ["too_large", 413, undefined]);
});

/** A server that refuses a whole request when an event in it is bad, and does not say which. */
function vagueServer(code: number, stored: Map<string, number>) {
  return new FakeTransport((request): HecResponse => {
    const isGzip = request.headers["content-encoding"] === "gzip";
    const body = request.body ?? new Uint8Array();
    const text = new TextDecoder().decode(isGzip ? zlib.gunzipSync(body) : body);
    if (text.includes("BAD")) return answer({ text: "refused", code }, { status: 400 });
    for (const [, id] of text.matchAll(/"sls_id":"([^"]*)"/g)) {
      stored.set(id!, (stored.get(id!) ?? 0) + 1);
    }
    return answer(SUCCESS);
  });
}

for (const [code, gzip] of [[5, false], [6, false], [12, false], [5, true], [6, true]] as const) {
  Deno.test(`HecClient with gzip ${gzip} finds the bad events by halves on code ${code} without a number`, async () => {
    const places = fc.uniqueArray(fc.nat(39), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(places, async (bad) => {
        const stored = new Map<string, number>();
        await using harness = new HecHarness({
          gzip,
          client: { makeTransport: () => vagueServer(code, stored) },
        });
        const events = goods(40).map((event, i) =>
          bad.includes(i) ? { ...event, text: event.text.replace("not this one", "BAD") } : event
        );
        const { parked } = await harness.deliver(events);
        assert.deepEqual(parked, bad.toSorted((a, b) => a - b));
        assert.deepEqual([...stored.values()], Array(40 - bad.length).fill(1));
        assert.deepEqual(harness.troubles(), []);
      }),
      { numRuns: 15 },
    );
  });
}

Deno.test("HecClient holds the source when too many events are refused for single bad ones", async () => {
  const guard = { maxRefusedPercent: 10, maxRefusedInARow: 3 };
  await using harness = new HecHarness({ source: { guard }, speed: 300, client: { ack: "off" } });
  const events = [good("a"), ...[1, 2, 3, 4, 5].map((i) => poison(`p${i}`, 13)), good("b")];
  const stop = new AbortController();
  const delivery = harness.deliver(events, stop);
  await harness.until(() => harness.troubles().length === 3);
  assert.deepEqual([...harness.parked.keys()], ["p1", "p2", "p3"]);
  assert.deepEqual([...harness.indexed()], [["a", 1]]);
  const { message, hint, held } = harness.troubles()[0]!;
  assert.equal(held, true);
  assert.ok(
    message.startsWith("Cannot deliver the event at p/l shard 3 cursor c4 to http://127.0.0.1"),
    message,
  );
  assert.ok(message.includes('HEC answered 400, code 13 "Event field cannot be blank". Too many'));
  assert.match(hint, /dead_letters\.guard/);
  stop.abort(new Error("lease lost"));
  await assert.rejects(delivery, /lease lost/);
});

Deno.test("HecClient resumes a held source when Splunk takes the events after all", async () => {
  const guard = { maxRefusedPercent: 10, maxRefusedInARow: 2 };
  let picky = true;
  await using harness = new HecHarness({
    source: { guard },
    speed: 300,
    client: {
      makeTransport: (connection) => {
        const real = new FetchTransport(connection);
        const transport = new FakeTransport((request, signal) =>
          picky
            ? answer({ text: "x", code: 6, "invalid-event-number": 0 }, { status: 400 })
            : real.send(request, signal)
        );
        return { send: (...args) => transport.send(...args), close: () => real.close() };
      },
    },
  });
  const events = goods(10);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().length === 2);
  picky = false;
  const { parked } = await delivery;
  assert.deepEqual(parked, [0, 1]);
  harness.assertComplete(events);
  assert.equal(harness.telemetry.at(-1)?.type, "recovered");
});

Deno.test("HecClient counts an event as parked only when that is durable", async () => {
  await using harness = new HecHarness({ client: { ack: "off" } });
  const events = withPoison([2], 13);
  const durable = Promise.withResolvers<void>();
  harness.parkingEnds = durable.promise;
  let done = false;
  const delivery = harness.deliver(events).then(() => done = true);
  await harness.until(() => harness.parked.size === 1);
  await harness.clock.sleep(1000);
  assert.equal(done, false);
  assert.deepEqual([...harness.indexed().keys()], ["e0", "e1"]); // and nothing behind it is sent
  durable.resolve();
  await delivery;
  harness.assertComplete(events);
});
