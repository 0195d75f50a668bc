import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NET = "--allow-net=127.0.0.1";
const HOSTNAME = "--allow-sys=hostname";
/** Longer than the time in which a failure must show, and far shorter than the program would wait for logs. */
const GIVE_UP_MS = 40_000;

async function run(flags: readonly string[], ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--ignore-env=LOG_TOKENS,LOG_STREAM",
      `--config=${ROOT}deno.json`,
      ...flags,
      `${ROOT}main.ts`,
      ...args,
    ],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    signal: AbortSignal.timeout(GIVE_UP_MS),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Keeps the command running for longer than `GIVE_UP_MS` unless its failure ends it. */
const DEMO = ["demo", "--seconds", "60"];
const BENCH = ["bench", "--seconds", "50"];

const cases: [sentence: string, flags: string[], args: string[], expected: RegExp][] = [
  [
    "demo without the variables of proxies",
    [NET, HOSTNAME],
    DEMO,
    /error: Requires env access to "HTTP_PROXY"/,
  ],
  ["demo without the host's name", [NET, "--allow-env"], DEMO, /error: Requires sys access/],
  [
    "demo without the network",
    [HOSTNAME, "--allow-env"],
    DEMO,
    /error: Cannot start the demo: [^]*hint: Run `deno task demo`/,
  ],
  [
    "bench without the variables of proxies",
    [NET, HOSTNAME, "--allow-read"],
    BENCH,
    /error: Requires env access to "HTTP_PROXY"/,
  ],
  [
    "bench without its modules",
    [NET, HOSTNAME, "--allow-env"],
    BENCH,
    /error: Cannot start the bench: [^]*Requires read access[^]*hint: Run `deno run/,
  ],
  [
    "bench without the network",
    [HOSTNAME, "--allow-env", "--allow-read"],
    BENCH,
    /error: Cannot start the bench: [^]*Requires net access[^]*hint: Run `deno run/,
  ],
];
for (const [sentence, flags, args, expected] of cases) {
  Deno.test(`${sentence} ends with 1 at once, and says what is missing`, async () => {
    const { code, stdout, stderr } = await run(flags, ...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, expected);
    assert.equal(stdout, "", "there are no figures");
  });
}
