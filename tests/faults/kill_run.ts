import { Forwarder, until } from "../support/forwarder.ts";
import { seededFor } from "../support/seeded_random.ts";
import { DeadLetterTail } from "./dead_letter_tail.ts";
import { faultMix } from "./fault_mix.ts";
import { Oracle } from "./oracle.ts";
import type { SeedVerdict } from "./seed_run.ts";

const SHARDS = 4;
const CONSUMERS = 3;
const SETTLE_MS = 120_000;

const CONFIG = `
sls: { timeout: 2s }
consumer: { heartbeat_interval: 300ms, group_timeout: 1s, fetch_interval: 100ms, fetch_count: 10,
  checkpoint_interval: 100ms }
hec: { timeout: 2s, ack_timeout: 3s, batch: { max_events: 100, max_age: 50ms } }
dead_letters: { guard: { max_refused_percent: 50, max_refused_in_a_row: 1000 } }
`;

export interface KillVerdict extends SeedVerdict {
  readonly kills: number;
  readonly terms: number;
}

/**
 * Three processes of the program on one group, killed (SIGKILL) or stopped (SIGTERM) at random moments and
 * started again, under faults on both sides, while logs keep coming.
 */
export async function runKills(
  seed: number,
  kills: number,
  onKill: (done: number, faults: number) => void = () => {},
): Promise<KillVerdict> {
  const random = seededFor(seed, "kills");
  const acks = seed % 2 === 1;
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-kills-" });
  const tail = new DeadLetterTail(`${folder}/dead-letters`);
  await using oracle = new Oracle({
    shards: SHARDS,
    acks,
    deadLetters: () => tail.read(),
    hec: { ackDelayMs: 100 },
  });
  const mix = faultMix(seed, { rate: 0.12, fast: false, acks });
  oracle.sls.faults.rule = mix.sls;
  oracle.hec.rule = mix.hec;
  await Deno.writeTextFile(`${folder}/sls2hec.yaml`, CONFIG);
  const start = () => new Forwarder(["-c", "sls2hec.yaml"], oracle.env, folder);
  const running = Array.from({ length: CONSUMERS }, start);
  let killed = 0;
  let terms = 0;
  try {
    while (killed + terms < kills) {
      for (let n = 0; n < 8; n++) {
        oracle.write(Math.floor(random() * SHARDS), 1 + Math.floor(random() * 20));
      }
      const endMs = performance.now() + 150 + random() * 700;
      await until("a moment", 5000, () => performance.now() > endMs);
      const victim = Math.floor(random() * CONSUMERS);
      if (random() < 0.75) {
        running[victim]!.kill("SIGKILL");
        killed++;
      } else {
        running[victim]!.kill("SIGTERM");
        terms++;
      }
      await running[victim]!.ended();
      running[victim] = start();
      onKill(killed + terms, mix.count());
    }
    oracle.sls.faults.clear();
    oracle.hec.rule = undefined;
    await until("delivery after the faults", SETTLE_MS, () => oracle.missing === 0);
  } finally {
    for (const forwarder of running) forwarder.kill("SIGTERM");
    for (const forwarder of running) await forwarder.ended();
    if (oracle.violations.length === 0) await Deno.remove(folder, { recursive: true });
  }
  return { seed, kills: killed, terms, faults: mix.count(), ...oracle.verdict() };
}
