// Run by source_test.ts as its own program: reads a configuration, prints a word or the report.
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { readSource } from "../../src/config/read/source.ts";

const opened = readSource(Deno.args[0]);
const result = opened.ok ? loadConfig(opened.source) : opened;
console.log(
  result.ok ? `project ${result.config.sources[0]?.project}` : formatProblems(result.problems),
);
