import assert from "node:assert/strict";
import { forwardLargePages } from "../support/large_pages.ts";

/** What the program needs beside its budget of 128 MB and the pages that are larger than a source's share of it. */
const BESIDE_MB = 400;

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
    assert.ok(result.peakResidentMb < 128 + BESIDE_MB, `${result.peakResidentMb} MB`);
  },
});
