import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { until } from "../support/forwarder.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ignore = Deno.build.os !== "linux";

interface Started extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  /** What both processes have printed so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number>;
}

/** Runs a module as `deno task start` runs the program. */
function start(module: string, args: string[] = [], env: Record<string, string> = {}): Started {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-config",
      ...["--allow-read", "--allow-env", "--allow-run"],
      here("starting_program.ts"),
      here(module),
      ...args,
    ],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { out: "", err: "" };
  const read = async (
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    name: keyof typeof texts,
  ) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) texts[name] += text;
  };
  const reading = Promise.all([read(process.stdout, "out"), read(process.stderr, "err")]);
  const ended = (async () => {
    const { code } = await process.status;
    await reading;
    return code;
  })();
  return {
    process,
    out: () => texts.out,
    err: () => texts.err,
    ended,
    async [Symbol.asyncDispose]() {
      const child = /pid (\d+)/.exec(texts.out)?.[1];
      for (const pid of [process.pid, ...child ? [Number(child)] : []]) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      }
      await ended;
    },
  };
}

async function mayConnect(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the child opens no inspector on SIGUSR1, and lives on",
  ignore: ignore || await mayConnect(9229),
  fn: async () => {
    await using started = start("telling_program.ts");
    await until("the child", 20_000, () => /pid \d+/.test(started.out()));
    const pid = Number(/pid (\d+)/.exec(started.out())![1]);
    assert.notEqual(pid, started.process.pid);
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const blocked = BigInt(`0x${/SigBlk:\s+(\w+)/.exec(status)![1]}`);
    assert.equal(blocked >> 9n & 1n, 1n, "SIGUSR1 is blocked"); // signal 10
    Deno.kill(pid, "SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 1500)); // Deno opens it within half a second
    assert.equal(await mayConnect(9229), false);
    assert.ok(!started.err().includes("Debugger"), started.err());
    started.process.kill("SIGTERM");
    assert.equal(await started.ended, 7);
  },
});

Deno.test({
  name: "the process that starts the child gives up what it may do, and passes signals on",
  ignore,
  fn: async () => {
    await using started = start("telling_program.ts");
    await until("both", 20_000, () => /pid \d+/.test(started.out()) && /kept/.test(started.out()));
    assert.match(started.out(), /^kept: $/m);
    started.process.kill("SIGTERM");
    assert.equal(await started.ended, 7, "the child's own exit code");
  },
});

Deno.test({
  name: "the child imports nothing from the network, and no package that is not the project's",
  ignore,
  fn: async () => {
    await using started = start("importing_program.ts", ["main"]);
    assert.equal(await started.ended, 0, started.err());
    const printed = JSON.parse(started.out().split("\n").find((line) => line.startsWith("{"))!);
    assert.deepEqual(printed, {
      here: ["refused", "refused", "refused", "refused"],
      inWorker: ["refused", "refused", "refused", "refused"],
      remoteWorker: "refused",
    });
    assert.ok(!started.err().includes("Download"), started.err());
  },
});

const NAMES = [
  "SSLKEYLOGFILE",
  "NODE_EXTRA_CA_CERTS",
  "DENO_CERT",
  "SSL_CERT_FILE",
  "NODE_OPTIONS",
  "DENO_V8_FLAGS",
  "DENO_TRACE_PERMISSIONS",
  "DENO_AUTH_TOKENS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "NPM_CONFIG_REGISTRY",
  "LD_AUDIT",
];

Deno.test({
  name: "the child has no variable that undoes limits; each is named with what to use, none shown",
  ignore,
  fn: async () => {
    {
      // It may look at nothing: what the process was given is in /proc.
      await using started = start("telling_program.ts", [], {
        ...Object.fromEntries(NAMES.map((name) => [name, "/dev/null"])),
        NODE_OPTIONS: "",
        DENO_V8_FLAGS: "--stack-size=900",
        DENO_TRACE_PERMISSIONS: "0",
        SSLKEYLOGFILE: "/dev/null",
        DENO_AUTH_TOKENS: "hidden-value@nowhere",
        NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/hidden-value",
        DENO_KEPT: "by the configuration",
        HARMLESS: "yes",
      });
      await until("the child", 20_000, () => /pid \d+/.test(started.out()));
      const pid = Number(/pid (\d+)/.exec(started.out())![1]);
      const environ = await Deno.readTextFile(`/proc/${pid}/environ`);
      const passed = environ.split("\0").map((entry) => entry.split("=")[0]!);
      assert.deepEqual(NAMES.filter((name) => passed.includes(name)), []);
      assert.ok(passed.includes("HARMLESS") && passed.includes("PATH"));
      assert.ok(passed.includes("DENO_KEPT"), "which the configuration reads");
      const printed = started.err().split("\n");
      for (const name of NAMES) {
        const line = printed.find((text) => text.includes(` ${name} is not passed on`));
        assert.match(line ?? started.err(), /; (set|remove it)/, name);
      }
      assert.match(started.err(), /The variable DENO_KEPT is passed on/);
      assert.ok(!started.err().includes("hidden-value"));
    }
  },
});
