import { AppRun } from "../e2e/app_run.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { seededFor } from "../support/seeded_random.ts";
import { DeadLetterTail } from "./dead_letter_tail.ts";
import { faultMix } from "./fault_mix.ts";
import { LOGSTORE, Oracle, PROJECT, type Verdict } from "./oracle.ts";

/** How much faster than true the program's waits pass: its longest, half a minute, is well under a second. */
const SPEED = 60;
const SHARDS = 3;
const SETTLE_MS = 60_000;

export interface SeedVerdict extends Verdict {
  readonly seed: number;
  readonly faults: number;
}

/**
 * One run of the program in this process under faults drawn from a seed: several writes while everything
 * goes wrong, then quiet until all is delivered.
 */
export async function runSeed(seed: number): Promise<SeedVerdict> {
  const random = seededFor(seed, "run");
  const acks = seed % 3 === 0;
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-faults-" });
  const tail = new DeadLetterTail(`${folder}/dead-letters`);
  try {
    await using oracle = new Oracle({
      shards: SHARDS,
      acks,
      deadLetters: () => tail.read(),
      hec: { ackDelayMs: 20 },
    });
    const mix = faultMix(seed, { rate: 0.05 + random() * 0.25, fast: true, acks });
    oracle.sls.faults.rule = mix.sls;
    oracle.hec.rule = mix.hec;
    await using run = new AppRun(
      {
        sls: { timeout: "20s" },
        consumer: {
          heartbeat_interval: "5s",
          group_timeout: "60s",
          fetch_interval: "2s",
          fetch_count: 3 + Math.floor(random() * 20),
          checkpoint_interval: "3s",
        },
        hec: {
          timeout: "20s",
          ack_timeout: "60s",
          batch: { max_events: 10 + Math.floor(random() * 60), max_age: "1s" },
          max_concurrent_requests: 1 + Math.floor(random() * 4),
        },
        dead_letters: {
          folder: `${folder}/dead-letters`,
          guard: { max_refused_percent: 50, max_refused_in_a_row: 1000 },
        },
        sources: [{ project: PROJECT, logstore: LOGSTORE }],
      },
      oracle.env,
      fastClock(SPEED),
    );
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < 6; n++) {
        oracle.write(Math.floor(random() * SHARDS), 1 + Math.floor(random() * 15));
      }
      if (acks && random() < 0.2) oracle.hec.restart({ loseUnacked: true });
      else if (random() < 0.1) oracle.hec.dropConnections();
      await until("a moment", 1000, pause(30 + random() * 60));
    }
    oracle.sls.faults.clear();
    oracle.hec.rule = undefined;
    // Counted too: a lease that is lost on the way has its logs delivered, and counted, once more.
    try {
      await until(
        `seed ${seed}: delivery after the faults`,
        SETTLE_MS,
        () => oracle.missing === 0 && fetchedBy(run) >= oracle.written,
      );
    } catch (error) {
      for (const event of run.events.slice(-40)) console.log(JSON.stringify(event));
      throw new Error(`${oracle.missing} missing, ${fetchedBy(run)} fetched of ${oracle.written}`, {
        cause: error,
      });
    }
    await run.stop();
    const verdict = oracle.verdict();
    return {
      seed,
      faults: mix.count(),
      ...verdict,
      violations: [...verdict.violations, ...ledgerFaults(run)],
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fetchedBy(run: AppRun): number {
  return run.app.ledger.reduce((sum, { fetched }) => sum + fetched, 0);
}

/** Every fetched log counts once. */
function ledgerFaults(run: AppRun): string[] {
  return run.app.ledger
    .filter(({ fetched, delivered, filtered, parked }) => fetched !== delivered + filtered + parked)
    .map(({ shard }) => `the ledger of shard ${shard} does not add up`);
}

function pause(ms: number): () => boolean {
  const endMs = performance.now() + ms;
  return () => performance.now() >= endMs;
}
