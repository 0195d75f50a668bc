import { systemClock } from "../../../src/base/clock.ts";
import type { TelemetryEvent } from "../../../src/base/telemetry.ts";
import { AppRun } from "../../e2e/app_run.ts";
import { LOGSTORE, type Oracle, PROJECT } from "../../faults/oracle.ts";
import { type GatewayName, missing } from "./gateway.ts";

/** A test that needs real gateways; skipped with the reason where they are not installed. */
export function gatewayTest(
  needs: readonly GatewayName[],
  name: string,
  fn: () => Promise<void>,
): void {
  const why = needs.map(missing).find((reason) => reason !== undefined);
  if (why !== undefined) console.log(`Skipping "${name}": ${why}`);
  Deno.test({ name, ignore: why !== undefined, fn });
}

export type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;
export const troublesOf = (run: AppRun): Trouble[] =>
  run.events.filter((event): event is Trouble => event.type === "trouble");

/** The program as it runs for users: its own clock, one process of its own settings. */
export function forward(oracle: Oracle, more: Record<string, unknown>, env = {}): AppRun {
  return new AppRun(
    { sources: [{ project: PROJECT, logstore: LOGSTORE }], ...more },
    { ...oracle.env, ...env },
    systemClock,
  );
}

export const reported = (run: AppRun, text: RegExp): boolean =>
  troublesOf(run).some(({ message, hint }) => text.test(`${message} ${hint}`));
