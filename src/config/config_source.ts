import type { PathUse } from "../base/usable_path.ts";

/** What a configuration is made of. Reading goes through functions, so that tests hand in their own. */
export interface ConfigSource {
  /** The YAML text; undefined when there is no file and the environment says everything. */
  readonly text?: string | undefined;
  /** The file's name, for reports and the permission grant. */
  readonly fileName?: string | undefined;
  /**
   * The value of an environment variable; undefined when it is not set.
   * @throws an error whose message says why it cannot be read.
   */
  env(name: string): string | undefined;
  /**
   * The text of a file that `${file:PATH}` names.
   * @throws an error whose message says why it cannot be read.
   */
  readFile(path: string): string;
  /**
   * Looks whether a configured path can be used. Without it, no path is looked at.
   * @returns what was found where it cannot, to follow `found PATH, `; undefined where it can.
   */
  inspect?(path: string, use: PathUse): string | undefined;
  /** The mode of a file or folder, links followed; undefined where it may not be looked at or is not there. */
  modeOf?(path: string): number | undefined;
  /** Names of the variables that are set, as far as they may be looked at. */
  variableNames?(): readonly string[];
  /** The time, in milliseconds since 1970; without it no time is too late. */
  nowMs?(): number;
}
