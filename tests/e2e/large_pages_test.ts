import assert from "node:assert/strict";
import { forwardLargePages } from "../support/large_pages.ts";

/** Its budget is 32 MB; what it needs is mostly one page that is larger than that, for each source and worker. */
const MAX_RESIDENT_MB = 550;

Deno.test({
  name: "run carries pages of 19.8 MB of several sources, loses none and keeps its memory",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const result = await forwardLargePages({
      sources: 3,
      shards: 2,
      pages: 2,
      workers: 2,
      patienceMs: 120_000,
    });
    assert.equal(result.code, 0, result.log);
    assert.ok(result.largestPageBytes > 19e6, `${result.largestPageBytes}`);
    assert.equal(result.delivered, result.written);
    assert.equal(result.duplicates, 0);
    assert.ok(result.peakResidentMb < MAX_RESIDENT_MB, `${result.peakResidentMb} MB`);
  },
});
