import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import type { HecEmulatorOptions } from "../../src/emulator/hec/hec_emulator_options.ts";
import { goods, type TestEvent } from "./batches.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

function threeWith(
  emulator: HecEmulatorOptions = {},
  client: HarnessOptions["client"] = {},
  speed = 100,
) {
  return new HecHarness({ emulators: [emulator, emulator, emulator], client, speed });
}

/** No batch is sent more often than this when one endpoint of three is unwell. */
const MAX_RESENDS = 8;

/** Delivers batches side by side, each without many resends. @returns their events. */
async function deliverMany(harness: HecHarness, count: number, name: string): Promise<TestEvent[]> {
  const batches = Array.from({ length: count }, (_, i) => goods(3, `${name}${i}-`));
  const reports = await Promise.all(batches.map((events) => harness.deliver(events)));
  const resends = reports.map(({ resends }) => resends);
  assert.ok(Math.max(...resends) <= MAX_RESENDS, `one endpoint held up the others: ${resends}`);
  return batches.flat();
}

const accepted = (harness: HecHarness) => harness.emulators.map(({ counts }) => counts.accepted);

Deno.test("HecClient spreads requests over several endpoints", async () => {
  await using harness = threeWith();
  for (const emulator of harness.emulators) emulator.rule = () => faults.slow(200);
  const events = await deliverMany(harness, 30, "b");
  harness.assertComplete(events);
  for (const count of accepted(harness)) assert.ok(count >= 15, `${accepted(harness)}`);
});

Deno.test("HecClient spreads requests that come one after the other, too", async () => {
  await using harness = threeWith();
  for (let i = 0; i < 9; i++) await harness.deliver(goods(1, `b${i}-`));
  assert.deepEqual(accepted(harness), [3, 3, 3]);
});

Deno.test("HecClient continues with two endpoints when the third refuses connections, and takes it back", async () => {
  await using harness = threeWith();
  const dead = harness.emulators[1]!;
  await dead.refuseConnections();
  const first = await deliverMany(harness, 30, "a");
  assert.equal(harness.troubles().some(({ held }) => held), false);
  await harness.until(() =>
    harness.troubles().some(({ about }) => about === `${dead.url}: endpoint`)
  );
  assert.equal(dead.counts.accepted, 0);
  dead.acceptConnections();
  await harness.until(() =>
    harness.telemetry.some(({ type, about }: { type: string; about?: string }) =>
      type === "recovered" && about === `${dead.url}: endpoint`
    )
  );
  const second = await deliverMany(harness, 30, "b");
  harness.assertComplete([...first, ...second]);
  assert.ok(dead.counts.accepted > 0);
});

const sick: [sentence: string, fault: ReturnType<typeof faults.busy>][] = [
  ["is busy", faults.busy()],
  ["shuts down", faults.shuttingDown()],
  ["lacks the token", faults.invalidToken()],
  ["has the token switched off", faults.tokenDisabled()],
  ["is Splunk Web", faults.redirect()],
  ["answers 404", faults.notFound()],
  ["answers 502", faults.html(502)],
  ["closes every connection", faults.close()],
];
for (const [sentence, fault] of sick) {
  Deno.test(`HecClient holds no source while one endpoint of three ${sentence}`, async () => {
    await using harness = threeWith();
    harness.emulators[0]!.rule = () => fault;
    const events = await deliverMany(harness, 40, "b");
    harness.assertComplete(events);
    assert.equal(harness.troubles().some(({ held }) => held), false);
  });
}

Deno.test("HecClient waits and tries all when every endpoint is away, and resumes when one is back", async () => {
  await using harness = threeWith({}, {}, 40);
  for (const emulator of harness.emulators) await emulator.refuseConnections();
  const batches = Array.from({ length: 10 }, (_, i) => goods(3, `b${i}-`));
  const deliveries = batches.map((events) => harness.deliver(events));
  await harness.until(() => harness.troubles().length > 20);
  harness.emulators[2]!.acceptConnections();
  await Promise.all(deliveries);
  harness.assertComplete(batches.flat());
  for (const emulator of harness.emulators) emulator.acceptConnections();
});

Deno.test("HecClient holds the source when every endpoint refuses for good", async () => {
  await using harness = threeWith();
  for (const emulator of harness.emulators) emulator.rule = () => faults.tokenDisabled();
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  assert.equal(harness.emulators.every(({ requests }) => requests.length > 0), true);
  for (const emulator of harness.emulators) emulator.rule = undefined;
  await delivery;
  harness.assertComplete(events);
});

Deno.test("HecClient asks no other endpoint while an answer of one may mean that it took the events", async () => {
  await using harness = threeWith();
  for (const emulator of harness.emulators) {
    emulator.rule = () => faults.unknownCode(200, 77, { stored: true });
  }
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().length === 1);
  assert.equal(accepted(harness).reduce((sum, count) => sum + count), 5);
  for (const emulator of harness.emulators) emulator.rule = undefined;
  await delivery;
  harness.assertComplete(events, events);
});

Deno.test("HecClient keeps the acknowledgements of each endpoint apart", async () => {
  await using harness = threeWith({ tokens: [{ token: "t", useAck: true }] }, { ack: "on" });
  const events = await deliverMany(harness, 30, "b");
  harness.assertComplete(events);
  for (const { requests } of harness.emulators) {
    assert.equal(new Set(requests.map(({ channel }) => channel)).size, 1);
    assert.ok(requests.some(({ kind }) => kind === "ack"));
  }
});

Deno.test("HecClient sends elsewhere what an endpoint took and never acknowledged", async () => {
  await using harness = threeWith({ tokens: [{ token: "t", useAck: true }], ackDelayMs: 3000 }, {
    ack: "on",
    ackTimeoutMs: 20_000,
  });
  const batches = Array.from({ length: 9 }, (_, i) => goods(3, `b${i}-`));
  const deliveries = batches.map((events) => harness.deliver(events));
  const dead = harness.emulators[0]!;
  await harness.until(() => dead.counts.accepted > 0);
  dead.restart({ loseUnacked: true });
  await dead.refuseConnections();
  await Promise.all(deliveries);
  assert.ok(dead.counts.lost > 0);
  harness.assertComplete(batches.flat(), batches.flat());
  dead.acceptConnections();
});

Deno.test("HecClient polls the other endpoints while the polls of one hang", async () => {
  await using harness = threeWith({ tokens: [{ token: "t", useAck: true }] }, {
    ack: "on",
    timeoutMs: 60_000,
  }, 30); // the first poll hangs for two true seconds
  const hanging = harness.emulators[0]!;
  let hangs = 0;
  hanging.rule = (request) => {
    if (request.kind !== "ack") return undefined;
    hangs++;
    return faults.on("ack", faults.hang());
  };
  const batches = Array.from({ length: 6 }, (_, i) => goods(3, `b${i}-`));
  let delivered = 0;
  const deliveries = batches.map(async (events) => {
    await harness.deliver(events);
    delivered++;
  });
  await harness.until(() => delivered === 4);
  assert.equal(hangs, 1, "the polls of one held up the others"); // its first poll still hangs
  hanging.rule = undefined;
  await Promise.all(deliveries);
  harness.assertComplete(batches.flat());
});

for (const fault of [faults.tokenDisabled(), faults.invalidToken(), faults.notFound()]) {
  Deno.test(`HecClient holds no source while one of three indexers behind one address answers ${fault.name}`, async () => {
    await using harness = new HecHarness({ emulators: [{ indexers: 3, balancing: "connection" }] });
    const { hec } = harness;
    hec.rule = ({ connectionId }) => connectionId % 3 === 1 ? fault : undefined;
    const batches = Array.from({ length: 60 }, (_, i) => goods(3, `b${i}-`));
    for (let at = 0; at < batches.length; at += 4) {
      await Promise.all(batches.slice(at, at + 4).map((events) => harness.deliver(events)));
    }
    harness.assertComplete(batches.flat());
    assert.ok(hec.requests.some(({ status }) => status === 403 || status === 404));
    assert.equal(harness.troubles().some(({ held }) => held), false);
  });
}
