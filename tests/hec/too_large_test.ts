import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { goods, type TestEvent } from "./batches.ts";
import { answerOf, EarlyServer, type EarlyServerOptions } from "./early_server.ts";
import { HecHarness } from "./hec_harness.ts";

const ignore = !nodeHttpIsSound;
const LIMIT = 100_000;

/** The client, in front of a gateway that reads no body above its limit. */
function behind(gateway: EarlyServer): HecHarness {
  const connections = [{ baseUrl: gateway.url, verify: true, proxyUrl: undefined }];
  return new HecHarness({ gzip: false, client: { makeTransport, connections, ack: "off" } });
}

function sized(count: number, bytes: number, name: string): TestEvent[] {
  return goods(count, name).map(({ id, text }) => ({
    id,
    text: text.replace('"not this one"', JSON.stringify("x".repeat(bytes))),
  }));
}

const lengths = ({ heads }: EarlyServer) =>
  heads.map((head) => Number(/content-length: (\d+)/i.exec(head)![1]));

const gateways: [sentence: string, options: EarlyServerOptions, tries: number][] = [
  ["answers 413 to the head and closes", {
    answer: answerOf("413 Too Large", "<html>", "connection: close\r\n"),
    then: "closed",
  }, 1],
  ["answers 413 to the head and reads no more", {
    answer: answerOf("413 Too Large", "<html>"),
    then: "kept open",
  }, 1],
  ["closes without a word", { answer: undefined, then: "closed" }, 3],
];
for (const [sentence, options, tries] of gateways) {
  for (const bytes of [20_000, 400_000]) { // below and above what sockets buffer
    Deno.test(
      `behind a gateway that ${sentence}, bodies of ${
        40 * bytes
      } bytes are split until they fit, and the next stay below`,
      {
        ignore,
      },
      async () => {
        const limit = bytes === 20_000 ? LIMIT : 4_000_000;
        await using gateway = new EarlyServer({ ...options, takesUpToBytes: limit });
        await using harness = behind(gateway);
        for (let round = 0; round < 4; round++) {
          const report = await harness.deliver(sized(40, bytes, `r${round}`));
          assert.deepEqual(report.parked, []);
          assert.equal(report.delivered, 40);
        }
        assert.equal(harness.parked.size, 0);
        const tooLarge = lengths(gateway).filter((length) => length > limit);
        const [first] = tooLarge;
        assert.equal(tooLarge.filter((length) => length === first).length, tries);
        // What is known after the rounds that it takes to find out is heeded.
        const known = gateway.heads.length - tooLarge.length;
        assert.ok(known >= 40 * 4 * bytes / limit);
        const last = lengths(gateway).slice(-8);
        assert.ok(last.every((length) => length <= limit), `${last}`);
        const limits = harness.troubles().filter(({ about }) => about.endsWith("size of requests"));
        assert.equal(limits.length, 1);
        assert.match(limits[0]!.message, /does not accept large requests: .* below \d+ bytes/);
        assert.match(limits[0]!.hint, /hec\.batch\.max_bytes/);
        assert.equal(limits[0]!.repeatAfterMs, 3_600_000);
      },
    );
  }
}

Deno.test("a lone event whose connection is cut off each time is tried on, and never parked", {
  ignore,
}, async () => {
  await using gateway = new EarlyServer({ answer: undefined, then: "closed", takesUpToBytes: 99 });
  await using harness = behind(gateway);
  const stop = new AbortController();
  const delivery = harness.deliver(goods(1), { signal: stop.signal });
  await harness.until(() => gateway.heads.length >= 6);
  stop.abort(new Error("seen"));
  await assert.rejects(delivery, /seen/);
  assert.equal(harness.parked.size, 0);
  assert.match(harness.troubles().at(-1)!.hint, /gateway .* under requests of this size/);
});

Deno.test("a request that is made smaller before it is sent counts as no resend", {
  ignore,
}, async () => {
  const answer = answerOf("413 Too Large", "");
  await using gateway = new EarlyServer({ answer, then: "kept open", takesUpToBytes: LIMIT });
  await using harness = behind(gateway);
  assert.ok((await harness.deliver(sized(10, 20_000, "a"))).resends > 0);
  const before = gateway.heads.length;
  const { resends } = await harness.deliver(sized(8, 20_000, "b"));
  assert.equal(resends, 0);
  assert.deepEqual(lengths(gateway).slice(before).filter((length) => length > LIMIT), []);
});

const PAGE = faults.html(413);
const lone: [sentence: string, emptyIs: number | undefined, parked: boolean][] = [
  ["is parked when HEC answers an empty request", undefined, true],
  ["is held when an empty request gets 413 too", 413, false],
  ["is held when a page answers an empty request", 200, false],
];
for (const [sentence, emptyIs, parked] of lone) {
  Deno.test(`a lone event that gets a gateway's 413 ${sentence}`, async () => {
    await using harness = new HecHarness();
    harness.hec.rule = ({ headers }) => {
      if (headers.get("content-length") !== "0") return PAGE;
      return emptyIs === undefined ? undefined : faults.html(emptyIs);
    };
    const stop = new AbortController();
    const [event] = goods(1);
    const delivery = harness.deliver([event!], { signal: stop.signal });
    if (parked) {
      assert.deepEqual((await delivery).parked, [0]);
      const { reason, status } = harness.parked.get(event!.id)!;
      assert.deepEqual([reason, status], ["too_large", 413]);
      assert.equal(harness.hec.requests.length, 2);
      return;
    }
    await harness.until(() => harness.troubles().some(({ held }) => held === true));
    const { message, hint } = harness.troubles().at(-1)!;
    assert.match(message, /413.* and to a request without any event found HTTP \d+/);
    assert.match(hint, /gateway that accepts no request of any size/);
    harness.hec.rule = undefined; // it is mended
    assert.deepEqual((await delivery).parked, []);
    harness.assertComplete([event!]);
  });
}
