import assert from "node:assert/strict";
import fc from "fast-check";
import { SlsError } from "../../src/sls/sls_error.ts";
import type { PullFault } from "./fake_pull_logs.ts";
import { groupOf } from "./pages.ts";
import { ShardHarness } from "./shard_harness.ts";

const KIB = 1024;

const fault = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant<PullFault>("corrupt") },
  { weight: 1, arbitrary: fc.constant<PullFault>(new SlsError("throttled", "ReadQuotaExceed")) },
  { weight: 1, arbitrary: fc.constant("cut" as const) },
);
const plan = fc.record({
  /** Sizes of the messages of each log group. */
  groups: fc.array(fc.array(fc.nat(3000), { maxLength: 5 }), {
    minLength: 1,
    maxLength: 25,
    size: "max",
  }),
  faults: fc.array(fault, { maxLength: 20, size: "max" }),
  /** Behind how many groups pages are cut: the same each time, so that nothing must be sent twice. */
  cutBehind: fc.nat(3),
  /** What happens between: a number of deliveries end, some time passes. */
  steps: fc.array(fc.record({ accept: fc.nat(4), waitMs: fc.nat(1500) }), {
    maxLength: 15,
    size: "max",
  }),
  fetchCount: fc.integer({ min: 1, max: 6 }),
  maxEvents: fc.integer({ min: 1, max: 8 }),
  maxBytes: fc.integer({ min: 500, max: 10_000 }),
  batchesInMemory: fc.integer({ min: 1, max: 5 }),
  end: fc.constantFrom("drain", "lose", "finish"),
});

Deno.test("runShard() delivers in order, passes nothing unfinished, and reserves nothing at its end", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (plan) => {
      const batchMemoryBytes = Math.ceil(plan.maxBytes * 2.5) * plan.batchesInMemory;
      const limits = { ...plan, pageMemoryBytes: 256 * KIB, batchMemoryBytes };
      const stream = new ShardHarness(limits);
      let number = 0;
      const texts = plan.groups.map((sizes) =>
        sizes.map((size) => `${number++}:${"x".repeat(size)}`)
      );
      stream.pullLogs.groups = texts.map((group) => groupOf(...group));
      const faults = [...plan.faults];
      stream.pullLogs.fault = () => {
        const fault = faults.shift();
        return fault === "cut" ? { cutBehind: plan.cutBehind } : fault;
      };
      stream.delivery.holding = true;

      /** Everything that the checkpoint has passed must have been accepted. */
      const check = () => {
        const accepted = new Set(
          stream.delivery.batches.filter(({ state }) => state === "accepted")
            .flatMap(({ messages }) => messages),
        );
        const passed = texts.slice(0, stream.reached).flat();
        assert.ok(passed.every((text) => accepted.has(text)), "the checkpoint passes open events");
        assert.ok(stream.batchShare.reservedBytes <= batchMemoryBytes, "too many batches");
      };

      await stream.start();
      for (const { accept, waitMs } of plan.steps) {
        await stream.clock.advance(waitMs);
        for (const open of stream.delivery.open.slice(0, accept).reverse()) open.accept();
        await stream.clock.advance(0);
        check();
      }
      if (plan.end === "lose") stream.lose();
      else {
        if (plan.end === "drain") stream.revoke();
        stream.delivery.holding = false;
        for (const open of stream.delivery.open) open.accept();
        if (plan.end === "finish") {
          // In short steps: work that takes many turns of the event loop is done between them.
          for (let step = 0; step < 120; step++) await stream.clock.advance(5000);
          assert.equal(stream.reached, texts.length, "liveness");
        }
        stream.revoke();
      }
      const end = await stream.ended();
      assert.deepEqual(end, { kind: plan.end === "lose" ? "lost" : "drained" });
      check();
      const sent = stream.delivery.messages;
      assert.deepEqual(sent, texts.flat().slice(0, sent.length));
    }),
    { numRuns: 150 },
  );
});
