import assert from "node:assert/strict";
import zlib from "node:zlib";
import type { Fault, FaultRule } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { GzipTrust } from "../../src/hec/gzip_trust.ts";
import { good, goods, poison } from "./batches.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

const isGzip = ({ headers }: { headers: Headers }) => headers.get("content-encoding") === "gzip";

/** Refuses every compressed body, as a collector that gets it without its header, or opened. */
function refusing(fault: Fault): FaultRule {
  return (request) => request.kind === "event" && isGzip(request) ? fault : undefined;
}

const refusals: [sentence: string, fault: Fault][] = [
  ["code 6 at event 0", faults.code(6, { invalidEventNumber: 0 })],
  ["code 6 without a number", faults.code(6)],
  ["code 5", faults.code(5)],
  ["code 12 at event 0", faults.code(12, { invalidEventNumber: 0 })],
  ["400 with a page", faults.html(400)],
  [
    "400 with a word for people",
    faults.refuse("400", { status: 400, body: '"Error on gzip body"' }),
  ],
  ["415", faults.html(415)],
];
for (const gzip of [true, "zlib"] as const) {
  for (const [sentence, fault] of refusals) {
    Deno.test(`HecClient with gzip ${gzip} parks nothing where compressed bodies are refused with ${sentence}, holds and names hec.gzip`, async () => {
      await using harness = new HecHarness({ speed: 600, gzip });
      harness.hec.rule = refusing(fault);
      const events = goods(20);
      const delivery = harness.deliver(events);
      await harness.until(() => harness.troubles().filter(({ held }) => held).length === 3);
      assert.equal(harness.client.isHeld("p/l"), true);
      assert.equal(harness.telemetry.some(({ type }) => type === "recovered"), false);
      harness.hec.rule = undefined; // the gateway is mended
      const { parked } = await delivery;
      assert.deepEqual(parked, []);
      harness.assertComplete(events);
      for (const { message, hint } of harness.troubles().filter(({ held }) => held)) {
        assert.match(message, /The first event alone, sent without compression, was accepted$/);
        assert.match(hint, /Content-Encoding.*hec\.gzip: false/);
      }
      assert.equal(harness.telemetry.at(-1)?.type, "recovered");
    });
  }
}

Deno.test("HecClient delivers with acknowledgement what it tries without compression", async () => {
  await using harness = new HecHarness({
    speed: 300,
    emulators: [{ tokens: [{ token: "t", useAck: true }] }],
  });
  harness.hec.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().filter(({ held }) => held).length === 2);
  harness.hec.rule = undefined;
  await delivery;
  harness.assertComplete(events);
});

Deno.test("HecClient holds for a batch of one event, too", async () => {
  await using harness = new HecHarness({ speed: 300 });
  harness.hec.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const events = goods(1);
  await harness.deliver(events);
  harness.assertComplete(events);
  assert.equal(harness.troubles()[0]?.held, true);
  assert.equal(harness.client.isHeld("p/l"), false);
});

const uncertain: [sentence: string, code: 6 | 12 | 13 | 15][] = [
  ["bad data", 6],
  ["no event", 12],
  ["a blank event", 13],
  ["bad fields", 15],
];
for (const [sentence, code] of uncertain) {
  Deno.test(`HecClient parks a first event with ${sentence} as usual, after one try without compression`, async () => {
    await using harness = new HecHarness({ client: { ack: "off" } });
    const events = [poison("bad", code), ...goods(9)];
    await harness.deliver(events);
    harness.assertComplete(events);
    assert.deepEqual([...harness.parked.keys()], ["bad"]);
    assert.deepEqual(harness.hec.requests.map((request) => isGzip(request)), [true, false, true]);
    assert.deepEqual(harness.troubles(), []);
  });
}

Deno.test("HecClient tries nothing without compression where compressed events were accepted", async () => {
  await using harness = new HecHarness({ client: { ack: "off" } });
  await harness.deliver(goods(1, "before"));
  await harness.deliver([poison("bad", 6), ...goods(3)]);
  await harness.deliver([...goods(1, "f"), poison("worse", 13), ...goods(3, "g")]);
  assert.ok(harness.hec.requests.every((request) => isGzip(request)));
  assert.deepEqual([...harness.parked.keys()], ["bad", "worse"]);
});

Deno.test("HecClient that took part of a compressed body tries nothing without compression", async () => {
  await using harness = new HecHarness({ client: { ack: "off" } });
  await harness.deliver([...goods(2), poison("bad", 6), poison("worse", 6), ...goods(3, "f")]);
  assert.ok(harness.hec.requests.every((request) => isGzip(request)));
  assert.equal(harness.parked.size, 2);
});

Deno.test("HecClient doubts compression again when a gateway starts to lose it, before it parks many", async () => {
  await using harness = new HecHarness({ speed: 300, client: { ack: "off" } });
  await harness.deliver(goods(1, "before"));
  harness.hec.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const events = goods(50);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  harness.hec.rule = undefined;
  await delivery;
  assert.ok(harness.parked.size <= 2, `${harness.parked.size} parked`);
});

Deno.test("HecClient parks a bad first event behind a gateway that loses compression, and holds for the next", async () => {
  await using harness = new HecHarness({ speed: 300, client: { ack: "off" } });
  harness.hec.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const events = [poison("bad", 6), ...goods(3)];
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  harness.hec.rule = undefined;
  await delivery;
  harness.assertComplete(events);
  assert.deepEqual([...harness.parked.keys()], ["bad"]);
});

Deno.test("HecClient names hec.gzip where the plain event is only understood", async () => {
  const tokens = [{ token: "t", indexes: ["main"] }];
  await using harness = new HecHarness({ speed: 300, emulators: [{ tokens }] });
  harness.hec.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const stop = new AbortController();
  const delivery = harness.deliver(goods(3, "e", "secret"), stop);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  const { message, hint } = harness.troubles()[0]!;
  assert.match(message, /without compression, was understood/);
  assert.match(hint, /hec\.gzip: false/);
  stop.abort(new Error("enough"));
  await assert.rejects(delivery, /enough/);
  assert.equal(harness.parked.size, 0);
});

Deno.test("HecClient sends elsewhere what one endpoint of two refuses for its compression, and says so", async () => {
  await using harness = new HecHarness({ emulators: [{}, {}], client: { ack: "off" } });
  const [broken] = harness.emulators;
  broken!.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  const batches = Array.from({ length: 20 }, (_, i) => goods(10, `b${i}-`));
  for (const events of batches) await harness.deliver(events);
  harness.assertComplete(batches.flat());
  assert.equal(harness.parked.size, 0);
  assert.equal(harness.troubles().some(({ held }) => held), false);
  assert.ok(harness.troubles().some(({ hint }) => hint.includes("hec.gzip: false")));
});

Deno.test("HecClient holds when both endpoints refuse compressed bodies", async () => {
  await using harness = new HecHarness({
    speed: 300,
    emulators: [{}, {}],
    client: { ack: "off" },
  });
  for (const emulator of harness.emulators) {
    emulator.rule = refusing(faults.code(6, { invalidEventNumber: 0 }));
  }
  const events = goods(30);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  for (const emulator of harness.emulators) emulator.rule = undefined;
  await delivery;
  harness.assertComplete(events);
  assert.equal(harness.parked.size, 0);
});

Deno.test("GzipTrust is lost with the connection, and by three refusals in a row", () => {
  const trust = new GzipTrust();
  assert.equal(trust.refused(), true);
  trust.opened();
  assert.deepEqual([trust.refused(), trust.refused()], [false, false]);
  trust.opened();
  assert.deepEqual([trust.refused(), trust.refused(), trust.refused()], [false, false, true]);
  trust.opened();
  trust.forget();
  assert.equal(trust.refused(), true);
});

/** A gateway before a collector; `change` may change what it forwards. */
function gateway(
  hec: HecEmulator,
  change: (headers: Headers, body: Uint8Array) => Uint8Array,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const headers = new Headers(request.headers);
    headers.delete("content-length");
    const body = change(headers, await request.bytes());
    const { pathname } = new URL(request.url);
    const sent = { method: request.method, headers, body: new Uint8Array(body) };
    const answer = await fetch(`${hec.url}${pathname}`, sent);
    return new Response(await answer.bytes(), { status: answer.status });
  });
}

const gateways: [sentence: string, change: Parameters<typeof gateway>[1]][] = [
  ["loses Content-Encoding", (headers, body) => {
    headers.delete("content-encoding");
    return body;
  }],
  [
    "opens the body and keeps Content-Encoding",
    (headers, body) =>
      headers.has("content-encoding") ? new Uint8Array(zlib.gunzipSync(body)) : body,
  ],
];
for (const [sentence, change] of gateways) {
  Deno.test(`HecClient behind a gateway that ${sentence} parks nothing and names hec.gzip; without gzip it delivers`, async () => {
    await using hec = HecEmulator.start();
    await using server = gateway(hec, change);
    const connections = [{
      baseUrl: `http://127.0.0.1:${server.addr.port}`,
      verify: true,
      proxyUrl: undefined,
    }];
    const options: HarnessOptions = {
      speed: 100,
      emulators: [{ tokens: [{ token: hec.token }] }],
      client: { connections },
    };
    {
      await using harness = new HecHarness(options);
      const stop = new AbortController();
      const delivery = harness.deliver(goods(200), stop);
      await harness.until(() => harness.troubles().some(({ held }) => held));
      assert.match(harness.troubles()[0]!.hint, /hec\.gzip: false/);
      stop.abort(new Error("enough"));
      await assert.rejects(delivery, /enough/);
      assert.equal(harness.parked.size, 0);
    }
    await using harness = new HecHarness({ ...options, gzip: false });
    await harness.deliver([good("last")]);
    assert.equal(hec.events.filter(({ fields }) => fields?.["sls_id"] === "last").length, 1);
  });
}
