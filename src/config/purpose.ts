import type { OptionPath } from "./option_path.ts";
import { isGiven, isMapping, type Settings, treeAt } from "./settings.ts";

/**
 * The command that a configuration is read for; `compile` stands for all of them. What it has no use for
 * may be left out.
 */
export type Purpose = "run" | "checkpoint" | "backfill" | "compile";

interface StandIn {
  readonly path: OptionPath;
  /** Given, it makes the stand-in needless. */
  readonly insteadOf?: OptionPath;
  readonly value: string;
}

/** Options that not every command needs, with what is put in their place. Nothing reads it. */
const STAND_INS: Readonly<Record<Purpose, readonly StandIn[]>> = {
  run: [],
  compile: [],
  checkpoint: [
    { path: ["hec", "url"], insteadOf: ["hec", "urls"], value: "https://not.used" },
    { path: ["hec", "token"], value: "not-used" },
  ],
  backfill: [{ path: ["consumer", "group"], value: "not-used" }],
};

/** Fills in what a command does not need and nobody has given. */
export function fillStandIns(settings: Settings, purpose: Purpose): void {
  for (const { path, insteadOf, value } of STAND_INS[purpose]) {
    const around = treeAt(settings, path.slice(0, -1));
    if (!isMapping(around)) continue; // wrong, and reported as such
    if (isGiven(settings, path) || (insteadOf && isGiven(settings, insteadOf))) continue;
    around[path.at(-1)!] = value;
  }
}
