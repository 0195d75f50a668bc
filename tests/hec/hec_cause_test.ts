import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

const cases: { sentence: string; fault: Fault; kind: string }[] = [
  { sentence: "busy", fault: faults.busy(), kind: "503, code 9" },
  { sentence: "failing", fault: faults.internalError(), kind: "500, code 8" },
  { sentence: "behind a page of something else", fault: faults.empty(502), kind: "502" },
];

for (const { sentence, fault, kind } of cases) {
  Deno.test(`HecClient names a collector that is ${sentence} as the cause, with the sources that it affects`, async () => {
    await using harness = new HecHarness();
    harness.hec.inject(fault);
    await harness.deliver(goods(3));
    const [trouble] = harness.troubles();
    assert.deepEqual(trouble?.cause, { what: `HEC at ${harness.hec.url}`, kind });
    assert.equal(trouble?.source, "p/l");
  });
}

Deno.test("HecClient names a collector that does not answer as the cause", async () => {
  await using harness = new HecHarness();
  await harness.hec.refuseConnections();
  const delivered = harness.deliver(goods(3));
  await harness.until(() => harness.troubles().length > 0);
  harness.hec.acceptConnections();
  await delivered;
  const cause = { what: `HEC at ${harness.hec.url}`, kind: "no answer" };
  assert.deepEqual(harness.troubles()[0]?.cause, cause);
});

Deno.test("HecClient names the collector that refuses a token as the cause for which it holds", async () => {
  await using harness = new HecHarness();
  harness.hec.rule = () => faults.code(1);
  const delivered = harness.deliver(goods(3));
  await harness.until(() => harness.troubles().some(({ held }) => held));
  harness.hec.rule = undefined;
  await delivered;
  const held = harness.troubles().find(({ held }) => held);
  assert.deepEqual(held?.cause, { what: `HEC at ${harness.hec.url}`, kind: "403, code 1" });
});
