// Run by read_config_test.ts as a program of its own: reads a configuration, prints a word or the report.
import { formatProblems } from "../../src/config/problem.ts";
import { readConfig } from "../../src/config/read_config.ts";

const result = readConfig(Deno.args[0]);
console.log(
  result.ok ? `project ${result.config.sources[0].project}` : formatProblems(result.problems),
);
