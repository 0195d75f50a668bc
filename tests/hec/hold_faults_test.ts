import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { good, goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

const cases: [sentence: string, fault: Fault, said: string][] = [
  [
    "a disabled token that stays so",
    faults.tokenDisabled(),
    'HEC answered 403, code 1 "Token disabled"',
  ],
  ["a missing token", faults.tokenRequired(), 'HEC answered 401, code 2 "Token is required"'],
  ["a malformed token", faults.code(3), 'HEC answered 401, code 3 "Invalid authorization"'],
  ["an invalid token that stays so", faults.invalidToken(), 'code 4 "Invalid token"'],
  ["404 that stays so", faults.notFound(), "HEC answered 404, code 404"],
  ["a missing channel", faults.code(10), 'code 10 "Data channel is missing"'],
  ["an invalid channel that stays so", faults.code(11), 'code 11 "Invalid data channel"'],
  ["acknowledgement that is off", faults.code(14), 'code 14 "ACK is disabled"'],
  ["a token in the query", faults.code(16), "code 16"],
  ["a missing channel on Cloud", faults.code(28), "code 28"],
  [
    "the answer of the health page",
    faults.refuse("17", { status: 200, body: '{"code":17}' }),
    "code 17",
  ],
  ["200 with a page", faults.html(200), "found HTTP 200 with an HTML page"],
  [
    "200 with a plain OK",
    faults.refuse("OK", { status: 200, body: "OK" }),
    "found HTTP 200 with 2 bytes that are not HEC's answer, expected HEC's answer",
  ],
  ["204", faults.empty(204), "found HTTP 204 with an empty body, expected HEC's answer"],
  ["200 with an empty body", faults.empty(200), "found HTTP 200 with an empty body"],
  ["200 with truncated JSON", faults.truncatedJson(), "13 bytes that are not HEC's answer"],
  ["a huge 200", faults.hugeBody(1_000_000), "65536 bytes that are not HEC's answer"],
  ["a redirect to Splunk Web", faults.redirect(303), "found HTTP 303 with an HTML page"],
  ["301", faults.redirect(301), "found HTTP 301"],
  ["307", faults.redirect(307), "found HTTP 307"],
  [
    "an unknown code on 200",
    faults.unknownCode(200, 77),
    'HEC answered 200, code 77 "Something new"',
  ],
  ["an unknown code on 400", faults.unknownCode(400, 77), "HEC answered 400, code 77"],
  ["400 with a page that stays so", faults.html(400), "found HTTP 400 with an HTML page"],
  ["401 with a page", faults.html(401), "found HTTP 401"],
  ["403 with a page", faults.html(403), "found HTTP 403"],
  ["405", faults.html(405), "found HTTP 405"],
  ["415", faults.html(415), "found HTTP 415"],
];
for (const [sentence, fault, said] of cases) {
  Deno.test(`HecClient holds the source on ${sentence}, keeps its events and tries again slowly`, async () => {
    await using harness = new HecHarness({ speed: 600, client: { timeoutMs: 600_000 } });
    harness.hec.rule = () => fault;
    const events = goods(20);
    const delivery = harness.deliver(events);
    await harness.until(() => harness.troubles().filter(({ held }) => held).length === 3);
    assert.equal(harness.client.isHeld("p/l"), true);
    harness.hec.rule = undefined;
    const report = await delivery;
    harness.assertComplete(events);
    assert.deepEqual(report.parked, []);
    const held = harness.troubles().filter(({ held }) => held);
    assert.ok(held[0]!.message.startsWith("Cannot deliver 20 events to http://127.0.0.1:"));
    for (const { message, hint, retryInMs, about } of held) {
      assert.equal(about, "p/l: deliver to HEC");
      assert.ok(message.includes(said), message);
      assert.match(hint, /^The source is held and keeps its logs; .* Check hec\.url, hec\.token/);
      assert.ok(retryInMs >= 5000 && retryInMs <= 30_000);
    }
    assert.equal(harness.client.isHeld("p/l"), false);
    assert.deepEqual(harness.telemetry.at(-1), { type: "recovered", about: "p/l: deliver to HEC" });
  });
}

Deno.test("HecClient tries a held source with one event, on a new connection each time", {
  ignore: !nodeHttpIsSound, // over `fetch` every request has one
}, async () => {
  await using harness = new HecHarness({ speed: 300, client: { makeTransport } });
  const { hec } = harness;
  hec.rule = () => faults.unknownCode(200, 77, { stored: true }); // the worst: it may be accepted, or not
  const events = goods(100);
  const delivery = harness.deliver(events);
  await harness.until(() => hec.requests.length === 4);
  hec.rule = undefined;
  await delivery;
  harness.assertComplete(events, events);
  const counts = [...harness.indexed().values()];
  assert.deepEqual(counts, [5, ...Array(99).fill(2)]);
  const { connectionId } = hec.requests.at(-1)!;
  assert.deepEqual(
    hec.requests.map(({ eventsTaken, connectionId }) => [eventsTaken, connectionId]),
    [[100, 1], [1, 2], [1, 3], [1, 4], [1, connectionId], [99, connectionId]],
  );
});

Deno.test("HecClient lets one batch of a held source try, and the others wait for it", async () => {
  await using harness = new HecHarness();
  const { hec } = harness;
  hec.rule = () => faults.tokenRequired();
  const batches = Array.from({ length: 10 }, (_, i) => goods(5, `b${i}-`));
  const deliveries = batches.map((events) => harness.deliver(events));
  await harness.until(() => harness.troubles().length === 4);
  // Each of those that were under way found out once; from then on it is one.
  assert.ok(hec.requests.length <= 8 + 4, `${hec.requests.length} requests`);
  const late = goods(5, "late");
  const lateDelivery = harness.deliver(late);
  await harness.clock.sleep(100);
  hec.rule = undefined;
  await Promise.all([...deliveries, lateDelivery]);
  harness.assertComplete([...batches.flat(), ...late]);
});

Deno.test("HecClient lets another batch try when the one that tried is given up", async () => {
  await using harness = new HecHarness();
  harness.hec.rule = () => faults.tokenRequired();
  const stop = new AbortController();
  const first = harness.deliver(goods(3, "first"), stop);
  await harness.until(() => harness.troubles().length === 1);
  const events = goods(3, "second");
  const second = harness.deliver(events);
  await harness.clock.sleep(200);
  stop.abort(new Error("lease lost"));
  await assert.rejects(first, /lease lost/);
  await harness.until(() => harness.troubles().length === 2);
  harness.hec.rule = undefined;
  await second;
  harness.assertComplete(events);
});

Deno.test("HecClient gives up a batch that waits for the one that tries, when its signal aborts", async () => {
  await using harness = new HecHarness();
  harness.hec.rule = () => faults.tokenRequired();
  const first = harness.deliver(goods(3, "first"));
  await harness.until(() => harness.troubles().length === 1);
  const stop = new AbortController();
  const second = harness.deliver(goods(3, "second"), stop);
  stop.abort(new Error("lease lost"));
  await assert.rejects(second, /lease lost/);
  harness.hec.rule = undefined;
  await first;
});

Deno.test("HecClient does not stop other sources while one is held", async () => {
  const tokens = [{ token: "t", indexes: ["main"] }];
  await using harness = new HecHarness({ emulators: [{ tokens }] });
  const other = harness.addSource("p/other");
  const held = goods(3, "held", "secret");
  const delivery = harness.deliver(held);
  await harness.until(() => harness.troubles().length === 1);
  const events = goods(5, "other", "main");
  await harness.deliver(events, { source: other });
  assert.equal(harness.client.isHeld(other), false);
  harness.hec.tokens.set("t", { token: "t" });
  await delivery;
  harness.assertComplete([...held, ...events]);
});

Deno.test("HecClient counts temporary refusals from zero after an answer of another kind", async () => {
  await using harness = new HecHarness();
  const four = faults.times(4, faults.notFound());
  harness.hec.inject(four, faults.busy(), four, faults.busy(), four);
  const events = [good("a")];
  const { resends } = await harness.deliver(events);
  assert.equal(resends, 14);
  harness.assertComplete(events);
  assert.equal(harness.troubles().some(({ held }) => held), false);
});
