import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { goods } from "./batches.ts";
import { NAMED } from "./certificates.ts";
import { HecHarness } from "./hec_harness.ts";

for (const tls of [undefined, NAMED]) {
  Deno.test(
    `over ${
      tls ? "https" : "http"
    } each copy in Splunk is counted as a resend when kept connections are reset after the events were accepted`,
    {
      ignore: !nodeHttpIsSound,
    },
    async () => {
      const caCerts = tls ? [tls.cert] : [];
      await using harness = new HecHarness({
        emulators: [tls ? { tls } : {}],
        client: {
          makeTransport,
          tls: { current: () => Promise.resolve({ caCerts, client: undefined }) },
        },
      });
      harness.hec.rule = (_, n) => n % 2 === 0 ? faults.storeThenClose() : undefined;
      const events = goods(30);
      let resends = 0;
      for (const event of events) resends += (await harness.deliver([event])).resends;
      const copies = harness.hec.events.length - events.length;
      assert.ok(copies >= 10, `${copies} copies`);
      assert.equal(resends, copies);
      assert.ok(harness.hec.connectionsOpened <= copies + 1 + resends, "connections are kept");
      harness.assertComplete(events, events);
    },
  );
}
