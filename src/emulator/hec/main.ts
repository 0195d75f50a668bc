import { parseArgs } from "node:util";
import { HecEmulator } from "./hec_emulator.ts";
import { DEFAULT_TOKEN } from "./hec_emulator_options.ts";

const HELP = `Runs a Splunk HTTP Event Collector for tests, until it is stopped.

Usage: deno run --allow-net=127.0.0.1 src/emulator/hec/main.ts [options]

  --port N        port on 127.0.0.1; a free one by default
  --token T       the token it accepts; ${DEFAULT_TOKEN} by default
  --index I       index of events without one; main by default
  --indexes A,B   indexes that events may name; any by default
  --ack           indexer acknowledgment on
  --ack-delay MS  time to the ack; 1000 by default
  --cloud         answers as Splunk Cloud 10.5 where it differs
  --print         writes each accepted event to standard output, one line each
  --help          this text

The first line of standard output is {"url":…,"token":…}.`;

/** Runs the emulator alone. */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "0" },
      token: { type: "string", default: DEFAULT_TOKEN },
      index: { type: "string", default: "main" },
      indexes: { type: "string" },
      ack: { type: "boolean", default: false },
      "ack-delay": { type: "string", default: "1000" },
      cloud: { type: "boolean", default: false },
      print: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const { token, index, indexes } = values;
  await using emulator = HecEmulator.start({
    port: wholeNumber("--port", values.port),
    tokens: [{
      token,
      index,
      useAck: values.ack,
      ...(indexes !== undefined && { indexes: indexes.split(",") }),
    }],
    ackDelayMs: wholeNumber("--ack-delay", values["ack-delay"]),
    profile: values.cloud ? "cloud-10.5" : "enterprise-10.4",
    store: "none",
    maxRequestsKept: 0,
    ...(values.print && { onEvent: (event) => console.log(oneLine(event.envelope)) }),
  });
  console.log(JSON.stringify({ url: emulator.url, token: emulator.token }));
  await stopSignal();
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new TypeError(`Cannot use ${option} ${text}: expected a whole number`);
  }
  return Number(text);
}

/** Line ends of an envelope are only between its tokens, so spaces can replace them. */
function oneLine(envelope: string): string {
  return envelope.replaceAll(/[\r\n]+/g, " ");
}

function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  return promise;
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws it for an unknown option
    console.error(`${error.message}\n\n${HELP}`);
    Deno.exitCode = 2;
  }
}
