import { parseArgs } from "node:util";
import { SlsEmulator } from "./sls_emulator.ts";

const usage = `Usage: deno run --allow-net=127.0.0.1 src/emulator/sls/main.ts [options]

Serves Alibaba Cloud SLS from memory until it is stopped, and prints one JSON line when it listens.

  --hostname NAME            where to listen (127.0.0.1)
  --port N                   0 takes a free one (0)
  --project NAME             (demo-project)
  --logstore NAME            may be given several times (demo-logstore)
  --shards N                 of each logstore (2)
  --ttl-days N               retention (30)
  --region NAME              version 4 signatures must name it (any)
  --access-key-id ID         (LTAI4TESTEXAMPLEKEYID)
  --access-key-secret TEXT   (ExampleSecret0123456789abcdefGHIJ)
  --help`;

/**
 * Parses the arguments.
 *
 * @throws {TypeError} that says what is wrong with them.
 */
function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      project: { type: "string", default: "demo-project" },
      logstore: { type: "string", multiple: true, default: ["demo-logstore"] },
      shards: { type: "string", default: "2" },
      "ttl-days": { type: "string", default: "30" },
      region: { type: "string" },
      "access-key-id": { type: "string", default: "LTAI4TESTEXAMPLEKEYID" },
      "access-key-secret": { type: "string", default: "ExampleSecret0123456789abcdefGHIJ" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    ...values,
    port: wholeNumber("port", values.port, 0, 65_535),
    shards: wholeNumber("shards", values.shards, 1, 256),
    ttlDays: wholeNumber("ttl-days", values["ttl-days"], 1, 3650),
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new TypeError(`Cannot use --${name} ${text}: expected a number from ${min} to ${max}`);
}

async function serve(options: ReturnType<typeof readArguments>): Promise<void> {
  const { project, logstore, region, hostname, port, shards, ttlDays } = options;
  const accessKey = { id: options["access-key-id"], secret: options["access-key-secret"] };
  await using sls = SlsEmulator.start({
    accessKeys: [accessKey],
    projects: [{ name: project, logstores: logstore.map((name) => ({ name, shards, ttlDays })) }],
    hostname,
    port,
    ...(region !== undefined ? { region } : {}),
  });
  const stopped = Promise.withResolvers<void>();
  const signals = Deno.build.os === "windows"
    ? ["SIGINT"] as const
    : ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stopped.resolve);
  console.log(JSON.stringify({
    sls: sls.url,
    project,
    logstores: logstore,
    shards,
    access_key_id: accessKey.id,
    access_key_secret: accessKey.secret,
  }));
  await stopped.promise;
  for (const signal of signals) Deno.removeSignalListener(signal, stopped.resolve);
}

function optionsOrExit(): ReturnType<typeof readArguments> | undefined {
  try {
    return readArguments(Deno.args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    Deno.exitCode = 2;
    return undefined;
  }
}

if (import.meta.main) {
  const options = optionsOrExit();
  if (options?.help) console.log(usage);
  else if (options) await serve(options);
}
