import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problem.ts";

/** The configuration of a program that forwards between its own servers. @param options As in a file. */
export function embeddedConfig(options: Readonly<Record<string, unknown>>): Config {
  const loaded = loadConfig({
    // Which is YAML too. No workers: its own servers have the other cores.
    text: JSON.stringify({ workers: 0, ...options }),
    fileName: "embedded",
    env: () => undefined,
    readFile: (path) => {
      throw new Error(`the embedded configuration reads no file ${path}`);
    },
  });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}
