import assert from "node:assert/strict";
import type { AppDeps } from "../../src/app/deps.ts";
import { backfill } from "../../src/app/backfill.ts";
import { loaded } from "../config/test_sources.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { fastClock } from "../support/fast_clock.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const SHARDS = 2;
const GROUPS = 100;
/** Of the logs of one log group. */
const GROUP_BYTES = 20_000;

const rows: [sentence: string, ofSource: string, ofBackfill: number | undefined][] = [
  ["the rate of the source", "100KB", undefined],
  ["--rate below that of the source", "1MB", 100_000],
  ["the rate of the source below --rate", "100KB", 1_000_000],
];
for (const [sentence, rate, bytesPerSec] of rows) {
  Deno.test(`backfill holds ${sentence}`, async () => {
    await using oracle = new Oracle({ shards: SHARDS });
    for (let n = 0; n < GROUPS; n++) oracle.write(n % SHARDS, 20, GROUP_BYTES / 20);
    const folder = await Deno.makeTempDir();
    try {
      const source = `{ project: ${PROJECT}, logstore: ${LOGSTORE}, rate: ${rate} }`;
      const config = loaded({
        text: `consumer: { fetch_count: 1 }
dead_letters: { folder: ${folder}/dead }
sources: [${source}]`,
        env: oracle.env,
      });
      const clock = fastClock(10);
      const deps: AppDeps = {
        ...quietDeps(clock),
        proxies: undefined,
        hostname: () => "host",
        pid: 1,
        cores: 1,
        startWorker: () => assert.fail("no worker is needed"),
      };
      const nowSec = Math.ceil(Date.now() / 1000);
      const [fromSec, toSec] = [nowSec - 3600, nowSec + 1];
      const { name } = config.sources[0]!;
      const job = {
        endpoint: oracle.sls.url,
        from: "a",
        to: "b",
        shards: undefined,
        sources: [{ name, query: undefined, processor: undefined }],
      };
      const startMs = clock.monotonicMs();
      const { complete, ledger } = await backfill(
        config,
        {
          job,
          fromSec,
          toSec,
          sources: config.sources,
          statePath: `${folder}/state.json`,
          bytesPerSec,
          onProgress: () => {},
        },
        deps,
        new AbortController().signal,
      );
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      assert.ok(complete);
      const expected = ledger.rawBytes / 100_000;
      assert.ok(
        seconds > expected * 0.9 && seconds < expected * 1.3,
        `${seconds.toFixed(1)} s for ${expected.toFixed(1)} s of the rate`,
      );
      assert.equal(oracle.missing, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
