import { OWN_SECRETS, SeveralServers } from "../e2e/several_servers.ts";
import { Forwarder, until } from "../support/forwarder.ts";
import { seededFor } from "../support/seeded_random.ts";
import { DeadLetterTail } from "./dead_letter_tail.ts";
import { faultMix } from "./fault_mix.ts";

const SETTLE_MS = 120_000;

export interface SeveralVerdict {
  readonly written: number;
  readonly parked: number;
  readonly missing: number;
  readonly faults: number;
  readonly kills: number;
  readonly terms: number;
  /** Promises that were broken, in words; empty when all were kept. */
  readonly violations: readonly string[];
}

/**
 * One process for two SLS and three tokens on two collectors, killed (SIGKILL) or stopped (SIGTERM) at random moments
 * and started again, under faults on all four servers, while logs keep coming.
 *
 * @param seed Even ones run without workers, odd ones with two.
 */
export async function runSeveral(seed: number, kills: number): Promise<SeveralVerdict> {
  const random = seededFor(seed, "several");
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-several-" });
  const tail = new DeadLetterTail(`${folder}/dead-letters`);
  const parked = new Set<string>();
  const violations: string[] = [];
  await using scene = new SeveralServers();
  const missing = () => {
    for (const line of tail.read()) {
      const id = /\b(?:plain|own|audit-\d|routed|far)-\d+\b/.exec(line)?.[0];
      if (id === undefined) violations.push("a dead-letter line holds no log");
      else parked.add(id);
    }
    const delivered = scene.delivered();
    let count = 0;
    for (const [logstore, { kept }] of scene.written) {
      count += kept.difference(delivered.get(logstore) ?? new Set()).difference(parked).size;
    }
    return count;
  };
  const sides = [[scene.east, scene.first], [scene.west, scene.other]] as const;
  const mixes = sides.map(([sls, hec], index) => {
    const mix = faultMix(seed * 2 + index, { rate: 0.12, fast: false, acks: true });
    sls.faults.rule = mix.sls;
    hec.rule = mix.hec;
    return mix;
  });
  const settings = scene.settings();
  await Deno.writeTextFile(
    `${folder}/sls2hec.yaml`,
    JSON.stringify({
      ...settings,
      workers: seed % 2 === 0 ? 0 : 2,
      sls: { ...settings.sls as object, timeout: "2s" },
      hec: { ...settings.hec as object, timeout: "2s", ack_timeout: "3s" },
      dead_letters: { guard: { max_refused_percent: 50, max_refused_in_a_row: 1000 } },
    }),
  );
  const start = () => new Forwarder(["-c", "sls2hec.yaml"], {}, folder);
  let running = start();
  let killed = 0;
  let terms = 0;
  try {
    while (killed + terms < kills) {
      scene.write();
      const endMs = performance.now() + 300 + random() * 1500;
      await until("a moment", 5000, () => performance.now() > endMs);
      if (random() < 0.75) {
        running.kill("SIGKILL");
        killed++;
      } else {
        running.kill("SIGTERM");
        terms++;
      }
      await running.ended();
      running = start();
    }
    for (const [sls, hec] of sides) {
      sls.faults.clear();
      hec.rule = undefined;
    }
    await until("delivery after the faults", SETTLE_MS, () => missing() === 0).catch(() => {});
    if (missing() > 0) violations.push(`${missing()} logs are missing; the files are in ${folder}`);
  } finally {
    running.kill("SIGTERM");
    const { log } = await running.ended();
    if (missing() > 0) await Deno.writeTextFile(`${folder}/log`, log);
    else await Deno.remove(folder, { recursive: true });
  }
  const shown = scene.shown();
  for (const [server, own] of Object.entries(OWN_SECRETS)) {
    const foreign = shown[server]!.filter((secret) => !own.includes(secret));
    if (foreign.length > 0) violations.push(`${server} was shown ${foreign.join(", ")}`);
  }
  const strays = scene.first.events.concat(scene.other.events).filter(({ raw }) => {
    return /"id":"routed-/.test(raw) && raw.includes("noise");
  });
  if (strays.length > 0) violations.push(`${strays.length} dropped logs were sent`);
  return {
    written: [...scene.written.values()].reduce((sum, { kept }) => sum + kept.size, 0),
    parked: parked.size,
    missing: missing(),
    faults: mixes.reduce((sum, mix) => sum + mix.count(), 0),
    kills: killed,
    terms,
    violations,
  };
}
