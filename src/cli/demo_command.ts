import { runApp } from "../app/app.ts";
import { systemClock } from "../base/clock.ts";
import { OperatorError } from "../base/operator_error.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config } from "../config/config.ts";
import { type DemoAccess, DemoWorld } from "../emulator/demo/demo_world.ts";
import type { DemoLedger } from "../emulator/demo/id_ledger.ts";
import { embeddedConfig } from "./load.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { print, printError, printJson } from "./print.ts";
import { StopSignals } from "./signals.ts";

/** Logs written at once, and the most that may wait to be delivered: memory stays flat. */
const BURST_LOGS = 2000;
const BACKLOG_LOGS = 60_000;
/** The same until the first log has come through: writing takes the time that the start needs. */
const FIRST_BACKLOG_LOGS = 4000;
const PROGRESS_EVERY_MS = 1000;
const SERVED_LOGS = 10_000;
/** After the last log is written, delivery must come to its end within this. */
const LAST_DELIVERY_MS = 60_000;

export interface DemoOptions {
  /** How long to write; without it and without `logs`, ten seconds. */
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

/** `sls2hec demo`: the whole pipeline on the embedded servers, with a ledger at the end. */
export async function demoCommand(options: DemoOptions): Promise<ExitCode> {
  using stop = new StopSignals(systemClock);
  await using world = openDemoWorld({});
  const drained = new AbortController();
  {
    await using tasks = new TaskGroup();
    tasks.spawn("app", async () => {
      await runApp(demoConfig(world.access), USER_AGENT, drained.signal);
    });
    // An app that fails ends it all at once: nothing would ever be delivered.
    const enough = AbortSignal.any([stop.signal, tasks.signal]);
    tasks.spawn("progress", (failed) => {
      return showProgress(world, AbortSignal.any([drained.signal, failed]));
    });
    await writeLogs(world, options, enough);
    await allDelivered(world, enough);
    drained.abort(new DOMException("The demo is over", "AbortError"));
  }
  const { ledger } = world;
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
  await using world = openDemoWorld(options);
  await world.write(options.logs ?? SERVED_LOGS);
  printJson(world.access, Object.keys(world.access)); // with its secrets, which clients need
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.signal.addEventListener("abort", () => resolve(), { once: true });
  if (!stop.signal.aborted) await stopped;
  if (options.json) printJson(world.ledger);
  else printLedger(world.ledger);
  return ExitCode.ok;
}

/** @throws {OperatorError} when this program lacks the permissions to start the embedded servers. */
function openDemoWorld(ports: { slsPort?: number; hecPort?: number }): DemoWorld {
  try {
    return new DemoWorld({
      ...ports,
      clock: systemClock,
      random: Math.random,
      uuid: () => crypto.randomUUID(),
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new OperatorError(
      "Cannot start the demo: this program may only reach the hosts of the configuration it was made for",
      "Run the demo by `deno task demo`, or with an executable that was built without -c",
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

/** Writes for the time or the number asked for, never far ahead of what is delivered. */
async function writeLogs(
  world: DemoWorld,
  { seconds, logs }: DemoOptions,
  stop: AbortSignal,
): Promise<void> {
  const endMs = logs === undefined
    ? systemClock.monotonicMs() + (seconds ?? 10) * 1000
    : seconds === undefined
    ? Infinity
    : systemClock.monotonicMs() + seconds * 1000;
  const goal = logs ?? Infinity;
  while (!stop.aborted && systemClock.monotonicMs() < endMs && world.ledger.written < goal) {
    if (mayWrite(world)) {
      await world.write(Math.min(BURST_LOGS, goal - world.ledger.written));
      world.trim();
    }
    await systemClock.sleep(mayWrite(world) ? 0 : 5);
  }
}

function mayWrite({ ledger: { delivered, missing } }: DemoWorld): boolean {
  return missing < (delivered > 0 ? BACKLOG_LOGS : FIRST_BACKLOG_LOGS);
}

async function allDelivered(world: DemoWorld, stop: AbortSignal): Promise<void> {
  const endMs = systemClock.monotonicMs() + LAST_DELIVERY_MS;
  while (!stop.aborted && world.ledger.missing > 0 && systemClock.monotonicMs() < endMs) {
    await systemClock.sleep(20);
  }
}

async function showProgress(world: DemoWorld, signal: AbortSignal): Promise<void> {
  let before = { delivered: 0, bytes: 0, ms: systemClock.monotonicMs() };
  while (!signal.aborted) {
    try {
      await systemClock.sleep(PROGRESS_EVERY_MS, signal);
    } catch {
      return; // the demo is over: the signal is all that ends this sleep early
    }
    const { delivered, missing, seconds } = world.ledger;
    const now = { delivered, bytes: world.deliveredBytes, ms: systemClock.monotonicMs() };
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
