import { Command, CommanderError, Option } from "commander";
import { helpText } from "../config/render.ts";
import { PARK_REASONS } from "../dead_letters/dead_letter.ts";
import { LOAD_KINDS } from "../emulator/load/load_logs.ts";
import type { BackfillOptions } from "./backfill_command.ts";
import type { BenchOptions } from "./bench_command.ts";
import type { CheckpointOptions, MoveOptions } from "./checkpoint_command.ts";
import type { DeadLettersOptions } from "./dead_letters_command.ts";
import type { DemoOptions, ServeOptions } from "./demo_command.ts";
import * as read from "./option_values.ts";
import { print, printError } from "./print.ts";
import { BUILT_IN_CONFIG, ExitCode, VERSION } from "./program.ts";
import { reportFailure } from "./report_failure.ts";

const CONFIG_HELP =
  "YAML configuration file; without it, environment variables configure everything";

/** What every command is added with. */
interface Context {
  readonly program: Command;
  /** Configuration of an executable that was built for one. */
  readonly builtIn: string | undefined;
  /** Takes the exit code of the command that was run. */
  readonly end: (code: ExitCode) => void;
}

/**
 * Parses the arguments, runs the command that they name and returns the exit code. The modules of a command are loaded
 * when it is run: most of the time from start to first pull is spent on loading.
 */
export async function runCommandLine(given: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const { args, builtIn } = splitBuiltIn(given);
  const program = new Command("sls2hec")
    .description(
      "Forwards every log of Alibaba Cloud Simple Log Service (SLS) logstores to the HTTP Event " +
        "Collector (HEC) of Splunk, through consumer groups. A checkpoint moves forward only when HEC " +
        "has accepted everything before it.",
    )
    .version(VERSION, "-V, --version")
    // Otherwise commander reads environment variables that this program has no permission for.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .showHelpAfterError("(see sls2hec --help)")
    .exitOverride()
    // Redacted and printable, as a wrong argument is repeated: it may be a secret, or pasted from anywhere.
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
    });
  const context: Context = { program, builtIn, end: (code) => exitCode = code };
  addRun(context);
  addDemo(context);
  addBench(context);
  addBackfill(context);
  addCheckpoint(context);
  addDeadLetters(context);
  addLedger(context);
  addExample(context);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    // Help and version end with 0, every other error of commander is a wrong command line.
    if (!(error instanceof CommanderError)) return reportFailure(error);
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  return exitCode;
}

/** Separates the user's arguments from the one that was built in before them. */
function splitBuiltIn(given: readonly string[]) {
  const [first = "", ...args] = given;
  return first.startsWith(BUILT_IN_CONFIG)
    ? { args, builtIn: first.slice(BUILT_IN_CONFIG.length) }
    : { args: given, builtIn: undefined };
}

function addRun({ program, builtIn, end }: Context): void {
  program.command("run")
    .description(
      "forward until stopped; SIGTERM or SIGINT: deliver the logs already read, then exit",
    )
    .option("-c, --config <file>", CONFIG_HELP, builtIn)
    .addHelpText("after", () => `\n${helpText()}`)
    .action(async ({ config }: { config?: string }) => {
      const { runCommand } = await import("./run_command.ts");
      end(await runCommand(config));
    });
}

function addDemo({ program, end }: Context): void {
  const port = read.wholeNumber(0, 65_535);
  program.command("demo")
    .description("run the whole pipeline on embedded servers and prove that no log is missing")
    .option("--seconds <n>", "how long to write logs (default 10)", read.wholeNumber(1))
    .option("--logs <n>", "how many logs to write", read.wholeNumber(1))
    .option(
      "--json",
      "print the ledger as one line of JSON, the last line of standard output",
      false,
    )
    .option("--serve", "only write logs (default 10000) and serve both APIs, for any client", false)
    .option("--sls-port <port>", "port of the embedded SLS, with --serve", port, 0)
    .option("--hec-port <port>", "port of the embedded HEC, with --serve", port, 0)
    .action(async ({ serve, ...options }: { serve: boolean } & DemoOptions & ServeOptions) => {
      const { demoCommand, serveCommand } = await import("./demo_command.ts");
      end(serve ? await serveCommand(options) : await demoCommand(options));
    });
}

function addBench({ program, end }: Context): void {
  program.command("bench")
    .description("measure the throughput of this machine, against embedded load servers")
    .option("--seconds <n>", "how long to measure, 1 to 50", read.wholeNumber(1, 50), 15)
    .addOption(new Option("--kind <kind>", "kind of logs").choices(LOAD_KINDS).default("nginx"))
    .option("--no-gzip", "send requests without compression")
    .option("--json", "print the figures as one line of JSON", false)
    .action(async (options: BenchOptions) => {
      const { benchCommand } = await import("./bench_command.ts");
      end(await benchCommand(options));
    });
}

function addBackfill({ program, builtIn, end }: Context): void {
  const pastTime = (text: string) => read.pastTime(text);
  program.command("backfill")
    .description(
      "send what SLS received between two times, again or for the first time, without touching\n" +
        "any consumer group; after an interruption, run the same command again to continue",
    )
    .option("-c, --config <file>", CONFIG_HELP, builtIn)
    .requiredOption("--from <time>", "received at or after: ISO 8601 with zone, or -3h", pastTime)
    .requiredOption("--to <time>", "received before: ISO 8601 with zone, or -0s for now", pastTime)
    .option("--source <project/logstore>", "only this source, or all of this pattern")
    .option("--shards <list>", "only these shards of the source, such as 0,3,8-11", read.shardList)
    .option("--query <spl>", "SPL to use instead of the source's query or processor", read.query)
    .option("--rate <bytes>", "maximum bytes of uncompressed logs per second: 10MB", read.byteRate)
    .option("--state <file>", "file that records progress (default: one in backfill.folder)")
    .option("--json", "print the ledger as one line of JSON", false)
    .action(async (options: BackfillOptions) => {
      const { backfillCommand } = await import("./backfill_command.ts");
      end(await backfillCommand(options));
    });
}

/** `checkpoint show|set|reset`, which choose shards alike. */
function addCheckpoint({ program, builtIn, end }: Context): void {
  const commands = () => import("./checkpoint_command.ts");
  const group = program.command("checkpoint")
    .description("show or move the checkpoints of a consumer group, without joining the group");
  const add = (name: string, description: string) =>
    group.command(name).description(description)
      .option("-c, --config <file>", CONFIG_HELP, builtIn)
      .option("--source <project/logstore>", "only this source, or all of this pattern")
      .option(
        "--shards <list>",
        "only these shards of the source, such as 0,3,8-11",
        read.shardList,
      )
      .option("--json", "print one line of JSON per shard", false);
  const addMove = (name: string, description: string) =>
    add(name, description)
      .option("--dry-run", "show what would be written, and write nothing", false)
      .option("--force", "move them even while the group has live consumers", false)
      .option(
        "--to <place>",
        "begin, end, or a time of receipt (ISO 8601 or -3h)",
        read.placeInShard,
      )
      .action(async (options: MoveOptions) =>
        end(await (await commands()).moveCheckpoints(options))
      );
  add("show", "show each shard's checkpoint, the time it has reached, and its lag")
    .action(async (options: CheckpointOptions) => {
      end(await (await commands()).showCheckpoints(options));
    });
  addMove("set", "move checkpoints to a cursor or a position")
    .option("--cursor <cursor>", "first log group to read, in the one shard of --shards");
  addMove("reset", "move the checkpoints of all shards, or of the chosen ones, to a position");
}

/** `dead-letters list|show|replay|drop`, which choose letters alike. */
function addDeadLetters({ program, builtIn, end }: Context): void {
  const commands = () => import("./dead_letters_command.ts");
  const time = (text: string) => read.readTime(text);
  const group = program.command("dead-letters")
    .description("list, show, resend or drop the events that Splunk refused");
  const add = (name: string, description: string) =>
    group.command(name).description(description)
      .option("-c, --config <file>", "YAML configuration file, which names the folder", builtIn)
      .option("--folder <folder>", "folder of the dead letters (default dead-letters)")
      .option("--source <project/logstore>", "only letters of this source or pattern")
      .addOption(
        new Option("--reason <reason>", "only letters parked for this reason").choices(
          PARK_REASONS,
        ),
      )
      .option("--since <time>", "only letters parked at or after: ISO 8601 with zone, or -3h", time)
      .option("--until <time>", "only letters parked before: ISO 8601 with zone, or -3h", time);
  add("list", "list letters, without their content")
    .option("--json", "print one line of JSON per letter", false)
    .action(async (options: DeadLettersOptions) => {
      end((await commands()).listDeadLetters(options));
    });
  add("show [ids...]", "print whole letters as JSON, with the log that they contain")
    .action(async (ids: string[], options: DeadLettersOptions) => {
      end((await commands()).showDeadLetters(ids, options));
    });
  add("replay [ids...]", "send letters again, and remove those that HEC accepts")
    .action(async (ids: string[], options: DeadLettersOptions) => {
      end(await (await commands()).replayDeadLetters(ids, options));
    });
  add("drop [ids...]", "remove letters permanently")
    .option("--all", "remove all letters, when nothing else chooses some", false)
    .action(async (ids: string[], options: DeadLettersOptions) => {
      end(await (await commands()).dropDeadLetters(ids, options));
    });
}

function addLedger({ program, end }: Context): void {
  program.command("ledger")
    .description("check ledger files")
    .command("verify <files...>")
    .description(
      "verify the chain and the sums, and report the first gap; several files are one ledger",
    )
    .option("--json", "print the result as one line of JSON", false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      const { verifyLedgerCommand } = await import("./ledger_command.ts");
      end(verifyLedgerCommand(files, json));
    });
}

function addExample({ program }: Context): void {
  program.command("example")
    .description("print an example configuration with every option")
    .action(async () => {
      const { exampleYaml } = await import("../config/render.ts");
      print(exampleYaml());
    });
}
