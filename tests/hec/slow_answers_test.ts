import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

type Make = (connection: HecConnection) => HecTransport;

const transports: [name: string, ignore: boolean, make: Make][] = [
  ["FetchTransport", false, (connection) => new FetchTransport(connection)],
  ["NodeTransport", !nodeHttpIsSound, (connection) => new NodeTransport(connection)],
];

for (const [name, ignore, makeTransport] of transports) {
  Deno.test(
    `HecClient by ${name} delivers to a HEC that takes longer than hec.timeout, with few copies`,
    {
      ignore,
    },
    async () => {
      await using harness = new HecHarness({
        speed: 200,
        client: { makeTransport, timeoutMs: 60_000, maxConcurrentRequests: 4 },
      });
      harness.hec.rule = () => faults.lateAnswer(90_000);
      const batches = Array.from({ length: 8 }, (_, i) => goods(3, `b${i}-`));
      await Promise.all(batches.map((events) => harness.deliver(events)));
      harness.assertComplete(batches.flat(), batches.flat());
      // One wait of 60 s for all that were sent at once, then 120 s do.
      const copies = [...harness.indexed().values()].reduce((sum, count) => sum + count - 1, 0);
      assert.ok(copies <= 4 * 3, `${copies} copies`);
      const { message, hint } = harness.troubles()[0]!;
      assert.match(
        message,
        /found no answer within 60 s \(hec\.timeout\), though the request was sent/,
      );
      assert.match(
        hint,
        /duplicates are possible.*The next wait is 120 s/,
      );
      assert.match(hint, /set hec\.timeout above/);
    },
  );

  Deno.test(`HecClient by ${name} waits twice as long each time nothing comes`, {
    ignore,
  }, async () => {
    await using harness = new HecHarness({
      speed: 100,
      client: { makeTransport, timeoutMs: 60_000 },
    });
    harness.hec.rule = () => faults.hang();
    const delivery = harness.deliver(goods(3));
    await harness.until(() => harness.troubles().length === 3);
    harness.hec.rule = undefined;
    const waits = harness.troubles().slice(0, 3)
      .map(({ message }) => /within (\d+) s/.exec(message)?.[1]);
    assert.deepEqual(waits, ["60", "120", "240"]);
    assert.match(harness.troubles()[2]!.message, /\(hec\.timeout of 60 s, made longer\)/);
    await delivery;
  });

  Deno.test(`HecClient by ${name} stops at once while it waits for a slow answer`, {
    ignore,
  }, async () => {
    await using harness = new HecHarness({
      speed: 1000,
      client: { makeTransport, timeoutMs: 60_000 },
    });
    harness.hec.rule = () => faults.hang();
    const stop = new AbortController();
    const delivery = harness.deliver(goods(3), stop);
    await harness.until(() => harness.troubles().length === 3);
    const startMs = performance.now();
    stop.abort(new Error("lease lost"));
    await assert.rejects(delivery, /lease lost/);
    assert.ok(performance.now() - startMs < 400); // the wait is of 480 ms of true time
  });
}

Deno.test("HecClient waits no longer than hec.timeout for one endpoint while another answers", async () => {
  await using harness = new HecHarness({
    speed: 200,
    emulators: [{}, {}],
    client: { timeoutMs: 30_000 },
  });
  const [silent] = harness.emulators;
  silent!.rule = () => faults.hang(); // its health page answers
  const startMs = harness.clock.monotonicMs();
  for (let i = 0; i < 12; i++) {
    await Promise.all([0, 1, 2].map((n) => harness.deliver(goods(2, `b${i}-${n}-`))));
  }
  const waits = harness.troubles().map(({ message }) =>
    /found no answer within (\d+) s/.exec(message)
  )
    .filter((found) => found).map((found) => found![1]);
  assert.ok(waits.length > 0);
  assert.deepEqual([...new Set(waits)], ["30"]);
  assert.ok(harness.clock.monotonicMs() - startMs < 12 * 60_000);
});
