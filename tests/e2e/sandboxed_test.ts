import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { compile, GENERIC_FLAGS } from "../../src/tasks/compile_task.ts";
import { TEST_BASE_DENO, testBase } from "../../src/tasks/test_base.ts";
import { Oracle } from "../faults/oracle.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { Forwarder, until } from "../support/forwarder.ts";
import { reachesOnly } from "./probe_results.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));
const made = await Deno.makeTempDir({ prefix: "sls2hec-narrowed-" });
addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
const program = `${made}/sls2hec`;
const ignore = Deno.build.target !== "x86_64-unknown-linux-gnu" ||
  await compile(["--test-base", "--out", program]).catch(String) !== 0;
if (ignore) console.log("skipped in part, as no executable can be made here");

/** Runs the program that narrows itself from its source. */
async function runSandboxed(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--config=${ROOT}deno.json`, `${HERE}sandboxed_program.ts`, ...args],
    ...(signal && { signal }),
  }).output();
}

function probed(stdout: Uint8Array, allowed: string, other: string): void {
  const { before, after, main } = JSON.parse(new TextDecoder().decode(stdout));
  const expected = reachesOnly(allowed, other);
  assert.deepEqual(before, expected);
  assert.deepEqual(after, expected, "the worker keeps what it has");
  assert.deepEqual(main, ["NotCapable", "NotCapable"], "the main isolate keeps nothing");
}

Deno.test("a program that narrows itself is denied what is not in the configuration, from inside", async () => {
  await using oracle = new Oracle({ shards: 1 });
  const urls = [oracle.sls.url, oracle.hec.url] as const;
  const { stdout, stderr } = await runSandboxed(["probe", ...urls]);
  assert.ok(stdout.length > 0, new TextDecoder().decode(stderr));
  probed(stdout, ...urls);
});

Deno.test({
  name: "an executable with all permissions that narrows itself is denied it too",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using oracle = new Oracle({ shards: 1 });
      const urls = [oracle.sls.url, oracle.hec.url] as const;
      const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
      const compiled = await new Deno.Command("npx", {
        args: [
          "-y",
          `deno@${TEST_BASE_DENO}`,
          "compile",
          "--no-check",
          "--no-lock",
          "--unstable-worker-options",
          `--config=${ROOT}deno.json`,
          `--include=${HERE}probing_worker.ts`,
          `--output=${folder}/program`,
          ...GENERIC_FLAGS,
          `${HERE}sandboxed_program.ts`,
        ],
        env: { DENORT_BIN: await testBase(`${cache}/sls2hec`), DENO_TLS_CA_STORE: "system" },
      }).output();
      assert.ok(compiled.success, new TextDecoder().decode(compiled.stderr));
      const { stdout, stderr } = await new Deno.Command(`${folder}/program`, {
        args: ["probe", ...urls],
      }).output();
      assert.ok(stdout.length > 0, new TextDecoder().decode(stderr));
      probed(stdout, ...urls);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a program that has narrowed itself ends, and says so, when the worker that runs it dies", async () => {
  const { code, stdout } = await runSandboxed(["die", "./dying_app.ts"]);
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stdout),
    /has died: .*dying app.*cannot start another worker: start the program again/,
  );
});

for (const [module, why] of [["dying_start", /dying start/], ["absent", /Module not found/]]) {
  Deno.test(`a program that narrows itself ends at once when its worker cannot be started: ${module}`, async () => {
    const shorterThanDeath = AbortSignal.timeout(40_000); // than the silence that counts as such
    const { code, stdout } = await runSandboxed(["die", `./${module}.ts`], shorterThanDeath);
    const said = new TextDecoder().decode(stdout);
    assert.equal(code, 1, said);
    assert.match(said, /Cannot start the worker that runs everything: [^]*Nothing was started/);
    assert.match(said, why as RegExp);
  });
}

Deno.test({
  name:
    "the generic executable narrows itself to its configuration, delivers everything and drains on SIGTERM",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using oracle = new Oracle({ shards: 2 });
      for (let n = 0; n < 100; n++) oracle.write(n % 2, 20);
      await using proxy = new ConnectProxy(undefined, "socks5");
      await Deno.writeTextFile(
        `${folder}/c.yaml`,
        `{ workers: 2, log: { format: json }, sls: { proxy: "${proxy.url}" }, hec: { proxy: "${proxy.url}" } }`,
      );
      // Not in the grant: Deno would use them, and nothing listens there.
      const unasked = { HTTP_PROXY: "http://127.0.0.1:1", ALL_PROXY: "http://127.0.0.1:1" };
      const env = { ...oracle.env, ...unasked };
      const forwarder = new Forwarder(["-c", "c.yaml"], env, folder, program);
      await until("delivery", 30_000, () => oracle.missing === 0);
      forwarder.kill("SIGTERM");
      const { code, log } = await forwarder.ended();
      assert.equal(code, 0, log);
      const lines = log.trim().split("\n").map((line) => JSON.parse(line));
      const { may } = lines.find(({ event }) => event === "narrowed");
      const [sls, hec] = [oracle.sls.url, oracle.hec.url].map((url) => new URL(url).host);
      assert.deepEqual([...new Set(proxy.targets)].sort(), [sls, hec].sort());
      const hosts = [sls, proxy.host, hec];
      assert.deepEqual(
        may.filter((line: string) => line.startsWith("reach")),
        hosts.map((host) => `reach ${host}`),
      );
      assert.ok(may.includes("read c.yaml"));
      const plane = lines.find(({ event }) => event === "data_plane");
      assert.deepEqual([plane.workers, plane.hosts], [2, hosts]);
      assert.deepEqual(oracle.verdict().violations, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "the generic executable reports a wrong configuration as before, and of what fails inside its worker",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using oracle = new Oracle({ shards: 1 });
      const run = async (config: string) => {
        await Deno.writeTextFile(`${folder}/c.yaml`, config);
        return await new Forwarder(["-c", "c.yaml"], oracle.env, folder, program).ended();
      };
      const wrong = await run("no_such_option: 1");
      assert.equal(wrong.code, 2);
      assert.match(wrong.log, /no_such_option: found an unknown key/);
      using lock = Deno.openSync(`${folder}/ledger`, { write: true, create: true });
      lock.lockSync(true);
      const failing = await run("ledger: { file: ledger }");
      assert.equal(failing.code, 1, failing.log);
      assert.match(failing.log, /error: Cannot use the ledger file ledger: [^]*hint: /);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
