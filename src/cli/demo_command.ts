import { App } from "../app/app.ts";
import { systemClock } from "../base/clock.ts";
import { onAbort } from "../base/on_abort.ts";
import { OperatorError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config } from "../config/config.ts";
import { type DemoAccess, DemoCluster } from "../emulator/demo/demo_cluster.ts";
import type { DemoLedger } from "../emulator/demo/id_ledger.ts";
import { embeddedConfig } from "./load.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { print, printError, printJson } from "./print.ts";
import { StopSignals } from "./signals.ts";

/** Logs written at once, and the maximum that may wait for delivery: keeps memory flat. */
const BURST_LOGS = 2000;
const BACKLOG_LOGS = 60_000;
/** The same until the first log is delivered, as writing would slow the start down. */
const FIRST_BACKLOG_LOGS = 4000;
const PROGRESS_EVERY_MS = 1000;
const SERVED_LOGS = 10_000;
/** Time to deliver the rest after the last log is written. */
const LAST_DELIVERY_MS = 60_000;

export interface DemoOptions {
  /** How long to write; ten seconds when `logs` is left out too. */
  readonly seconds: number | undefined;
  /** How many logs to write. */
  readonly logs: number | undefined;
  readonly json: boolean;
}

export interface ServeOptions {
  /** How many logs to write before serving; undefined for ten thousand. */
  readonly logs: number | undefined;
  readonly json: boolean;
  /** 0 takes a free port. */
  readonly slsPort: number;
  readonly hecPort: number;
}

/** `sls2hec demo`: the whole pipeline on embedded servers, with a ledger at the end. */
export async function demoCommand(options: DemoOptions): Promise<ExitCode> {
  using stop = new StopSignals(systemClock);
  await using cluster = openDemoCluster({});
  const drained = new AbortController();
  {
    await using tasks = new TaskGroup();
    tasks.spawn("app", async () => {
      await using app = await App.open(demoConfig(cluster.access), USER_AGENT);
      await app.run(drained.signal);
    });
    // If the app fails, stop at once: nothing would be delivered any more.
    const enough = AbortSignal.any([stop.signal, tasks.signal]);
    tasks.spawn("progress", (failed) => {
      return showProgress(cluster, AbortSignal.any([drained.signal, failed]));
    });
    await writeLogs(cluster, options, enough);
    await allDelivered(cluster, enough);
    drained.abort(new DOMException("The demo is over", "AbortError"));
  }
  const { ledger } = cluster;
  if (options.json) printJson(ledger);
  else printLedger(ledger);
  return ledger.missing === 0 ? ExitCode.ok : ExitCode.failed;
}

/**
 * `sls2hec demo --serve`: runs only the embedded servers, for any client, until stopped. The first line of standard
 * output says how to connect to them.
 */
export async function serveCommand(options: ServeOptions): Promise<ExitCode> {
  using stop = new StopSignals(systemClock);
  await using cluster = openDemoCluster(options);
  await cluster.write(options.logs ?? SERVED_LOGS);
  printJson(cluster.access, Object.keys(cluster.access)); // with its secrets, which clients need
  const stopped = Promise.withResolvers<void>();
  using _ = onAbort(stop.signal, () => stopped.resolve());
  await stopped.promise;
  if (options.json) printJson(cluster.ledger);
  else printLedger(cluster.ledger);
  return ExitCode.ok;
}

/**
 * @throws {OperatorError} when this program lacks the permissions to start the embedded servers.
 */
function openDemoCluster(ports: { slsPort?: number; hecPort?: number }): DemoCluster {
  try {
    return new DemoCluster({
      ...ports,
      clock: systemClock,
      random: Math.random,
      uuid: () => crypto.randomUUID(),
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new OperatorError(
      "Cannot start the demo: this program may only connect to the hosts of the configuration it was built for",
      "Run `deno task demo`, or use an executable that was built without -c",
      { cause: error },
    );
  }
}

function demoConfig(access: DemoAccess): Config {
  return embeddedConfig({
    sls: {
      endpoint: access.sls,
      credentials: {
        access_key_id: access.access_key_id,
        access_key_secret: access.access_key_secret,
      },
    },
    consumer: {
      group: "demo-group",
      heartbeat_interval: "1s",
      fetch_interval: "200ms",
      checkpoint_interval: "1s",
    },
    hec: { url: access.hec, token: access.token, batch: { max_age: "200ms" } },
    sources: [{ project: access.project, logstore: access.logstore }],
    log: { level: "warning" },
  });
}

/** Writes for the given time or number of logs, never far ahead of delivery. */
async function writeLogs(
  cluster: DemoCluster,
  { seconds, logs }: DemoOptions,
  stop: AbortSignal,
): Promise<void> {
  const endMs = logs === undefined
    ? systemClock.monotonicMs() + (seconds ?? 10) * 1000
    : seconds === undefined
    ? Infinity
    : systemClock.monotonicMs() + seconds * 1000;
  const goal = logs ?? Infinity;
  while (!stop.aborted && systemClock.monotonicMs() < endMs && cluster.ledger.written < goal) {
    if (mayWrite(cluster)) {
      await cluster.write(Math.min(BURST_LOGS, goal - cluster.ledger.written));
      cluster.trim();
    }
    await systemClock.sleep(mayWrite(cluster) ? 0 : 5);
  }
}

function mayWrite({ ledger: { delivered, missing } }: DemoCluster): boolean {
  return missing < (delivered > 0 ? BACKLOG_LOGS : FIRST_BACKLOG_LOGS);
}

async function allDelivered(cluster: DemoCluster, stop: AbortSignal): Promise<void> {
  const endMs = systemClock.monotonicMs() + LAST_DELIVERY_MS;
  while (!stop.aborted && cluster.ledger.missing > 0 && systemClock.monotonicMs() < endMs) {
    await systemClock.sleep(20);
  }
}

async function showProgress(cluster: DemoCluster, signal: AbortSignal): Promise<void> {
  let before = { delivered: 0, bytes: 0, ms: systemClock.monotonicMs() };
  while (!signal.aborted) {
    try {
      await systemClock.sleep(PROGRESS_EVERY_MS, signal);
    } catch {
      return; // the demo is over: the signal is all that ends this sleep early
    }
    const { delivered, missing, seconds } = cluster.ledger;
    const now = { delivered, bytes: cluster.deliveredBytes, ms: systemClock.monotonicMs() };
    const elapsedSec = (now.ms - before.ms) / 1000;
    const logsPerSec = Math.round((now.delivered - before.delivered) / elapsedSec);
    const mbPerSec = (now.bytes - before.bytes) / elapsedSec / 1e6;
    printError(
      `${seconds.toFixed(0).padStart(4)} s  ${delivered.toLocaleString("en")} logs delivered  ` +
        `${logsPerSec.toLocaleString("en")} logs/s  ${mbPerSec.toFixed(1)} MB/s  ` +
        `lag ${missing.toLocaleString("en")} logs`,
    );
    before = now;
  }
}

function printLedger(ledger: DemoLedger): void {
  const lines = Object.entries(ledger).map(([name, value]) =>
    `  ${name.padEnd(11)}${value.toLocaleString("en").padStart(14)}`
  );
  print(["Ledger", ...lines].join("\n"));
}
