import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { goods, poison } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

type Make = (connection: HecConnection) => HecTransport;

const transports: [name: string, ignore: boolean, make: Make][] = [
  ["FetchTransport", false, (connection) => new FetchTransport(connection)],
  ["NodeTransport", !nodeHttpIsSound, (connection) => new NodeTransport(connection)],
];

for (const [name, ignore, makeTransport] of transports) {
  for (const how of ["gzip", "deflate", "br", "gzip of plain"] as const) {
    Deno.test(
      `HecClient by ${name} reads answers in ${how}: of events, of acknowledgements and of the health page`,
      { ignore },
      async () => {
        await using harness = new HecHarness({
          emulators: [{ tokens: [{ token: "t", useAck: true }] }],
          client: { makeTransport },
        });
        harness.hec.rule = () => faults.on("any", faults.compressed(how));
        const events = goods(5);
        const report = await harness.deliver(events);
        assert.deepEqual(report, {
          delivered: 5,
          parked: [],
          resends: 0,
          ackTimeouts: 0,
          bodyIsFree: true,
        });
        harness.assertComplete(events);
        assert.deepEqual(harness.troubles(), []);
      },
    );

    Deno.test(
      `HecClient by ${name} finds the bad event by an answer in ${how}`,
      { ignore },
      async () => {
        await using harness = new HecHarness({ client: { makeTransport, ack: "off" } });
        harness.hec.rule = () => faults.compressed(how);
        const events = [...goods(3), poison("bad", 13), ...goods(3, "f")];
        await harness.deliver(events);
        harness.assertComplete(events);
        assert.deepEqual([...harness.parked.keys()], ["bad"]);
        assert.equal(harness.parked.get("bad")?.code, 13);
      },
    );
  }

  Deno.test(
    `HecClient by ${name} is not hurt by a bomb, and holds as for any 200 that is not HEC's`,
    {
      ignore,
    },
    async () => {
      await using harness = new HecHarness({ client: { makeTransport } });
      harness.hec.inject(faults.bomb(200_000_000));
      const before = Deno.memoryUsage().rss;
      const events = goods(5);
      await harness.deliver(events);
      harness.assertComplete(events, events);
      const [trouble] = harness.troubles();
      assert.match(trouble!.message, /found HTTP 200 with \d+ bytes that are not HEC's answer/);
      assert.equal(trouble!.held, true);
      assert.ok(Deno.memoryUsage().rss - before < 100_000_000);
    },
  );
}

Deno.test("HecClient asks for answers without compression", async () => {
  await using harness = new HecHarness();
  await harness.deliver(goods(1));
  assert.equal(harness.hec.requests[0]!.headers.get("accept-encoding"), "identity");
});
