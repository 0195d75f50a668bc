/**
 * `sls2hec` under V8's own sampling profiler. Arguments: the file for the profile, when to begin and how long to
 * sample in milliseconds, then those of the program.
 */
import { Session } from "node:inspector/promises";
import { runCommandLine } from "../../../src/cli/command_line.ts";

const SAMPLE_EVERY_US = 250;

const [file, beginMs, lengthMs, ...args] = Deno.args;
const session = new Session();
session.connect();
setTimeout(async () => {
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US });
  await session.post("Profiler.start");
  setTimeout(async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    await Deno.writeTextFile(file!, JSON.stringify(profile));
  }, Number(lengthMs));
}, Number(beginMs));
Deno.exit(await runCommandLine(args));
