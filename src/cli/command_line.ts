import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { helpText } from "../config/render.ts";
import { LOAD_KINDS } from "../emulator/load/load_logs.ts";
import { PARK_REASONS } from "../dead_letters/dead_letter.ts";
import type { BackfillOptions } from "./backfill_command.ts";
import type { BenchOptions } from "./bench_command.ts";
import type { CheckpointOptions, MoveOptions } from "./checkpoint_command.ts";
import type { DeadLettersOptions } from "./dead_letters_command.ts";
import type { DemoOptions, ServeOptions } from "./demo_command.ts";
import { BUILT_IN_CONFIG, ExitCode, VERSION } from "./program.ts";
import { byteRate, pastTime, placeInShard, query, shardList } from "./option_values.ts";
import { print, printError } from "./print.ts";
import { reportFailure } from "./report_failure.ts";

const CONFIG_HELP = "YAML configuration; without it the environment says everything";

/**
 * Parses the arguments, runs the command they name and gives the exit code. The modules of a command are loaded
 * when it is called: most of the time from start to first pull is spent on loading.
 */
export async function runCommandLine(given: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const { args, builtIn } = splitBuiltIn(given);
  const program = new Command("sls2hec")
    .description(
      "Forwards every log of Alibaba Cloud Simple Log Service (SLS) logstores to the HTTP Event " +
        "Collector (HEC) of Splunk, through consumer groups. A checkpoint moves only after HEC has " +
        "accepted what stands before it.",
    )
    .version(VERSION, "-V, --version")
    // Asked, it looks at variables that this program may not see.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .showHelpAfterError("(sls2hec --help shows what is known)")
    .exitOverride()
    // An argument that is wrong is repeated, and may be a secret's file or have been pasted from anywhere.
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
    });

  program.command("run")
    .description("forward until stopped (SIGTERM or SIGINT: finish what is in hand, then end)")
    .option("-c, --config <file>", CONFIG_HELP, builtIn)
    .addHelpText("after", () => `\n${helpText()}`)
    .action(async ({ config }: { config?: string }) => {
      const { runCommand } = await import("./run_command.ts");
      exitCode = await runCommand(config);
    });

  program.command("demo")
    .description("run the whole pipeline on embedded servers and prove that nothing is missing")
    .option("--seconds <n>", "write logs for so long (default 10)", wholeNumber(1))
    .option("--logs <n>", "write so many logs", wholeNumber(1))
    .option("--json", "print the ledger as one line of JSON, the last of standard output", false)
    .option("--serve", "only write logs (default 10000) and serve both, for any client", false)
    .option(
      "--sls-port <port>",
      "port of the embedded SLS, with --serve",
      wholeNumber(0, 65_535),
      0,
    )
    .option(
      "--hec-port <port>",
      "port of the embedded HEC, with --serve",
      wholeNumber(0, 65_535),
      0,
    )
    .action(async ({ serve, ...options }: { serve: boolean } & DemoOptions & ServeOptions) => {
      const { demoCommand, serveCommand } = await import("./demo_command.ts");
      exitCode = serve ? await serveCommand(options) : await demoCommand(options);
    });

  program.command("bench")
    .description("measure what this machine can carry, against embedded load servers")
    .option("--seconds <n>", "how long to measure, 1 to 50", wholeNumber(1, 50), 15)
    .addOption(
      new Option("--kind <kind>", "what the logs are like").choices(LOAD_KINDS).default("nginx"),
    )
    .option("--no-gzip", "send requests as they are")
    .option("--json", "print the figures as one line of JSON", false)
    .action(async (options: BenchOptions) => {
      const { benchCommand } = await import("./bench_command.ts");
      exitCode = await benchCommand(options);
    });

  program.command("backfill")
    .description(
      "send what SLS received between two times, once more or for the first time; no consumer\n" +
        "group is touched. Stopped or killed, the same command goes on where it ended",
    )
    .option("-c, --config <file>", CONFIG_HELP, builtIn)
    .requiredOption("--from <time>", "received at or after: ISO 8601 with zone, or -3h", pastTimeOf)
    .requiredOption(
      "--to <time>",
      "received before: ISO 8601 with zone, or -0s for now",
      pastTimeOf,
    )
    .option("--source <project/logstore>", "only this source")
    .option("--shards <list>", "only these shards of the source, such as 0,3,8-11", shardList)
    .option("--query <spl>", "SPL in place of the source's own query or processor", query)
    .option("--rate <bytes>", "most bytes of logs a second, before compression: 10MB", byteRate)
    .option("--state <file>", "how far it has come (default: a file in backfill.folder)")
    .option("--json", "print the ledger as one line of JSON", false)
    .action(async (options: BackfillOptions) => {
      const { backfillCommand } = await import("./backfill_command.ts");
      exitCode = await backfillCommand(options);
    });

  addCheckpointCommand(program, builtIn, (code) => exitCode = code);
  addDeadLettersCommand(program, builtIn, (code) => exitCode = code);

  program.command("ledger")
    .description("what stands in ledger files")
    .command("verify <files...>")
    .description(
      "prove the chain and the sums, and name the first gap; several files are one ledger",
    )
    .option("--json", "print the verdict as one line of JSON", false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      const { verifyLedgerCommand } = await import("./ledger_command.ts");
      exitCode = verifyLedgerCommand(files, json);
    });

  program.command("example")
    .description("print an example configuration with every option")
    .action(async () => {
      const { exampleYaml } = await import("../config/render.ts");
      print(exampleYaml());
    });

  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end with 0, everything else is a wrong command line.
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    }
    return reportFailure(error);
  }
  return exitCode;
}

/** Tells what the user wrote from what was put before it. */
function splitBuiltIn(given: readonly string[]) {
  const [first = "", ...args] = given;
  return first.startsWith(BUILT_IN_CONFIG)
    ? { args, builtIn: first.slice(BUILT_IN_CONFIG.length) }
    : { args: given, builtIn: undefined };
}

/** For commander, which hands the value before as a second argument. */
function pastTimeOf(text: string) {
  return pastTime(text);
}

/** `checkpoint show|set|reset`, all with the same choice of shards. */
function addCheckpointCommand(
  program: Command,
  builtIn: string | undefined,
  done: (code: ExitCode) => void,
): void {
  const commands = () => import("./checkpoint_command.ts");
  const group = program.command("checkpoint")
    .description("look at a consumer group's checkpoints and move them, without joining the group");
  const add = (name: string, description: string) =>
    group.command(name).description(description)
      .option("-c, --config <file>", CONFIG_HELP, builtIn)
      .option("--source <project/logstore>", "only this source")
      .option("--shards <list>", "only these shards of the source, such as 0,3,8-11", shardList)
      .option("--json", "one line of JSON a shard", false);
  const addMove = (name: string, description: string) =>
    add(name, description)
      .option("--dry-run", "say what would be written and write nothing", false)
      .option("--force", "also while the group has live consumers", false)
      .option("--to <place>", "begin, end, or a time of receipt (ISO 8601 or -3h)", placeInShard);
  add("show", "each shard's checkpoint, up to which time it has read, and its lag")
    .action(async (options: CheckpointOptions) =>
      done(await (await commands()).showCheckpoints(options))
    );
  addMove("set", "move checkpoints to a cursor or a place")
    .option("--cursor <cursor>", "the first log group to read, of the one shard in --shards")
    .action(async (options: MoveOptions) =>
      done(await (await commands()).moveCheckpoints(options))
    );
  addMove("reset", "move the checkpoints of all shards, or of those chosen, to a place")
    .action(async (options: MoveOptions) =>
      done(await (await commands()).moveCheckpoints(options))
    );
}

/** `dead-letters list|show|replay|drop`, all with the same choice of letters. */
function addDeadLettersCommand(
  program: Command,
  builtIn: string | undefined,
  done: (code: ExitCode) => void,
): void {
  const commands = () => import("./dead_letters_command.ts");
  const group = program.command("dead-letters")
    .description("look at, send again or drop the events that Splunk refused");
  const add = (name: string, description: string) =>
    group.command(name).description(description)
      .option("-c, --config <file>", "YAML configuration, which names the folder", builtIn)
      .option("--folder <folder>", "folder of the dead letters (default dead-letters)")
      .option("--source <project/logstore>", "only letters of this source")
      .addOption(
        new Option("--reason <reason>", "only letters parked for this reason")
          .choices(PARK_REASONS),
      )
      .option("--since <time>", "only letters parked at or after this ISO 8601 time", isoTime)
      .option("--until <time>", "only letters parked before this ISO 8601 time", isoTime);
  add("list", "list letters, without their content")
    .option("--json", "one line of JSON a letter", false)
    .action(async (options: DeadLettersOptions) =>
      done((await commands()).listDeadLetters(options))
    );
  add("show [ids...]", "print whole letters as JSON, with the log they hold")
    .action(async (ids: string[], options: DeadLettersOptions) =>
      done((await commands()).showDeadLetters(ids, options))
    );
  add("replay [ids...]", "send letters again; those that are taken are removed")
    .action(async (ids: string[], options: DeadLettersOptions) =>
      done(await (await commands()).replayDeadLetters(ids, options))
    );
  add("drop [ids...]", "remove letters for good")
    .option("--all", "remove all of them, when nothing else says which", false)
    .action(async (ids: string[], options: DeadLettersOptions) =>
      done(await (await commands()).dropDeadLetters(ids, options))
    );
}

/** Without a zone a time would mean another one on each host. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function isoTime(text: string): Date {
  const time = new Date(text);
  if (!ISO_TIME.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError("Expected a time with its zone, such as 2026-10-06T08:30:00Z.");
  }
  return time;
}

/** A whole number from `least` to `most`, for an option. */
export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,12}$/.test(text) || number < least || number > most) {
      const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return number;
  };
}
