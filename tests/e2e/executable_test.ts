import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { Oracle } from "../faults/oracle.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = Deno.makeTempDirSync({ prefix: "sls2hec-executable-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

function compile(...args: string[]) {
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["task", `--config=${ROOT}deno.json`, "compile", "--test-base", ...args],
    cwd: folder,
    env: { INIT_CWD: folder, NO_COLOR: "1" },
  }).outputSync();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

// One oracle for all, and one proxy: their ports are built into the executable.
const oracle = new Oracle({ shards: 2 });
const proxy = new ConnectProxy(undefined, "socks5");
const CONFIG = `
sls: { endpoint: "\${env:SLS_ENDPOINT}", credentials: { access_key_id: id, access_key_secret: "\${file:secret}" } }
consumer: { group: g, heartbeat_interval: 500ms, group_timeout: 2s, fetch_interval: 100ms }
hec: { url: "\${env:SPLUNK_HEC_URL}", token: "\${env:SPLUNK_HEC_TOKEN}", proxy: "${proxy.url}" }
sources: [{ project: p, logstore: l }]
`;

Deno.writeTextFileSync(`${folder}/sls2hec.yaml`, CONFIG);
const env = Object.fromEntries(
  ["SLS_ENDPOINT", "SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN"].map((name) => [name, oracle.env[name]!]),
);
const program = `${folder}/sls2hec`;

// Secrets are not on the machine that makes it.
const known = Object.entries(env).filter(([name]) => name !== "SPLUNK_HEC_TOKEN");
known.forEach(([name, value]) => Deno.env.set(name, value));
const built = Deno.build.target === "x86_64-unknown-linux-gnu"
  ? compile("-c", "sls2hec.yaml", "--out", "sls2hec")
  : { code: 1, text: "the base binary for tests is for x86-64 Linux" };
known.forEach(([name]) => Deno.env.delete(name));
Deno.writeTextFileSync(`${folder}/secret`, oracle.env.SLS_AK_KEY!);
const ignore = built.code !== 0;
if (ignore) console.log(`skipped, as no executable can be made here: ${built.text}`);

/** Runs `sls2hec run` on a changed configuration, which must end by itself. */
async function refusal(
  change: (config: string) => string,
  args = ["-c", "sls2hec.yaml"],
): Promise<{ code: number; log: string }> {
  await Deno.writeTextFile(`${folder}/sls2hec.yaml`, change(CONFIG));
  try {
    return await new Forwarder(args, env, folder, program).ended();
  } finally {
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, CONFIG);
  }
}

Deno.test({
  name: "compile prints the grant as a table, exactly what the configuration needs",
  ignore,
  fn: () => {
    const port = (url: string) => new URL(url).host;
    for (
      const row of [
        `net ${port(oracle.env.SLS_ENDPOINT!)} SLS project p`,
        `net ${port(oracle.env.SPLUNK_HEC_URL!)} Splunk HEC`,
        `net ${proxy.host} hec.proxy`,
        "read sls2hec.yaml the configuration",
        "read secret sls.credentials.access_key_secret",
        "env SLS_ENDPOINT sls.endpoint",
        "env SPLUNK_HEC_TOKEN hec.token",
        "sys hostname generated consumer names",
      ]
    ) assert.ok(built.text.replaceAll(/ +/g, " ").includes(row), `${row} in\n${built.text}`);
    assert.ok(!built.text.includes("SLS_AK_KEY"), "a variable that nothing looks at");
    assert.match(built.text, /for tests only: do not ship/);
    assert.match(
      built.text,
      /needed where it runs: "\$\{file:secret\}" \(sls\.credentials\.access_key_secret\), "\$\{env:SPLUNK_HEC_TOKEN\}" \(hec\.token\)/,
    );
  },
});

Deno.test({
  name: "the executable delivers everything and drains on SIGTERM within ten seconds",
  ignore,
  fn: async () => {
    for (let n = 0; n < 100; n++) oracle.write(n % 2, 20);
    // Not in the grant: Deno would use them, and nothing listens there.
    const unasked = { HTTP_PROXY: "http://127.0.0.1:1", ALL_PROXY: "http://127.0.0.1:1" };
    const all = { ...env, ...unasked };
    const forwarder = new Forwarder(["-c", "sls2hec.yaml"], all, folder, program);
    await until("delivery", 30_000, () => oracle.missing === 0);
    const startMs = performance.now();
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    assert.equal(code, 0, log);
    assert.ok(performance.now() - startMs < 10_000);
    assert.deepEqual(oracle.verdict().violations, []);
    assert.deepEqual([...new Set(proxy.targets)], [new URL(oracle.env.SPLUNK_HEC_URL!).host]);
  },
});

Deno.test({
  name: "the executable lives on after SIGUSR1, opens no port, and warns of what is open around it",
  ignore,
  fn: async () => {
    for (let n = 0; n < 10; n++) oracle.write(n % 2, 20);
    const keys = `${folder}/tls-keys`;
    const all = { ...env, NODE_EXTRA_CA_CERTS: "/etc/hostname", SSLKEYLOGFILE: keys };
    const forwarder = new Forwarder(["-c", "sls2hec.yaml"], all, folder, program);
    await until("delivery", 30_000, () => oracle.missing === 0);
    forwarder.kill("SIGUSR1");
    for (let n = 0; n < 10; n++) oracle.write(n % 2, 20);
    await until("delivery after the signal", 30_000, () => oracle.missing === 0);
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    assert.equal(code, 0, log);
    assert.doesNotMatch(log, /Debugger|inspector/);
    for (const name of ["NODE_EXTRA_CA_CERTS", "SSLKEYLOGFILE"]) {
      assert.match(log, new RegExp(`variable ${name}: it `));
    }
    assert.ok(!log.includes(keys), "names alone");
    assert.match(log, /every user of this machine may read secret \(mode 0644\)/);
  },
});

Deno.test({
  name: "the executable refuses to start for a host, a file or a variable it was not built for",
  ignore,
  fn: async () => {
    const cases: [sentence: string, change: (config: string) => string, expected: RegExp][] = [
      [
        "another host",
        (config) => config.replace('"${env:SPLUNK_HEC_URL}"', "http://127.0.0.2:8088"),
        /reach 127\.0\.0\.2:8088 \(Splunk HEC\)/,
      ],
      [
        "another file",
        (config) => config.replace("file:secret", "file:/etc/passwd"),
        /has no permission to read the file \/etc\/passwd/,
      ],
      [
        "another variable",
        (config) => config.replace("id: id", 'id: "${env:HOME}"'),
        /has no permission to read the variable HOME/,
      ],
    ];
    for (const [sentence, change, expected] of cases) {
      const { code, log } = await refusal(change);
      assert.equal(code, 2, `${sentence}: ${log}`);
      assert.match(log, expected, sentence);
    }
  },
});

Deno.test({
  name: "the executable started without -c reads the file it was built for, as that is now",
  ignore,
  fn: async () => {
    for (let n = 0; n < 10; n++) oracle.write(n % 2, 20);
    const forwarder = new Forwarder([], env, folder, program);
    await until("delivery", 30_000, () => oracle.missing === 0);
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    assert.equal(code, 0, log);
    const wrong = await refusal((config) => config.replace("id: id", 'id: "${env:HOME}"'), []);
    assert.match(wrong.log, /sls2hec\.yaml:\d+:\d+: .*the variable HOME/);
    const gone = await new Forwarder([], env, `${folder}/..`, program).ended();
    assert.equal(gone.code, 2, gone.log);
    assert.match(gone.log, /sls2hec\.yaml:1:1: .*cannot be read/);
    const bytes = await Deno.readFile(program);
    assert.ok(
      !Buffer.from(bytes.buffer).includes("heartbeat_interval: 500ms"),
      "it is not embedded",
    );
  },
});

for (const command of ["demo", "bench"]) {
  Deno.test({
    name: `the executable that was built for a configuration says why it runs no ${command}`,
    ignore,
    fn: async () => {
      const { code, stderr } = await new Deno.Command(program, { args: [command] }).output();
      assert.equal(code, 1);
      const text = new TextDecoder().decode(stderr);
      assert.match(text, new RegExp(`^error: Cannot start the ${command}[^]*built without -c`));
      assert.equal(text.trim().split("\n").length, 2, text);
    },
  });
}

/** A root folder with the executable, its configuration, glibc's libraries and /proc, as far as we may. */
async function emptyRoot(): Promise<string | undefined> {
  const root = `${folder}/root`;
  await Deno.mkdir(`${root}/proc`, { recursive: true });
  const { stdout } = await new Deno.Command("ldd", { args: [program] }).output();
  for (const [path] of new TextDecoder().decode(stdout).matchAll(/\/\S+/g)) {
    await Deno.mkdir(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(path, `${root}${path}`);
  }
  await Deno.copyFile(program, `${root}/sls2hec`);
  for (const name of ["sls2hec.yaml", "secret"]) {
    await Deno.copyFile(`${folder}/${name}`, `${root}/${name}`);
  }
  const args = ["-t", "proc", "proc", `${root}/proc`];
  return (await new Deno.Command("mount", { args }).output()).success ? root : undefined;
}

Deno.test({
  name: "the executable runs in an empty root with its configuration and nothing else",
  ignore: ignore || Deno.uid() !== 0,
  fn: async () => {
    const root = await emptyRoot();
    if (!root) return console.log("skipped: this machine does not allow to mount /proc");
    try {
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 20);
      const child = new Deno.Command("chroot", {
        args: [root, "/sls2hec", "run", "-c", "sls2hec.yaml"],
        env,
        clearEnv: true,
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const log = new Response(child.stderr).text();
      try {
        await until("delivery", 90_000, () => oracle.missing === 0);
      } finally {
        child.kill("SIGTERM");
      }
      assert.equal((await child.status).code, 0, await log);
    } finally {
      await new Deno.Command("umount", { args: [`${root}/proc`] }).output();
    }
  },
});

Deno.test({
  name: "the generic executable says what it may do, and its demo misses nothing",
  ignore,
  fn: async () => {
    const { code, text } = compile("--out", "generic");
    assert.equal(code, 0, text);
    assert.match(text, /every host, file and variable[^]*restricts itself/);
    const { stdout } = await new Deno.Command(`${folder}/generic`, {
      args: ["demo", "--logs", "5000", "--json"],
    }).output();
    const ledger = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
    assert.equal(ledger.written, 5000);
    assert.equal(ledger.missing, 0);
  },
});

Deno.test({
  name: "compile without a base binary names the host to allow and DENORT_BIN",
  fn: () => {
    // A proxy that refuses at once represents a network that does not let it out.
    const { code, stderr } = new Deno.Command(Deno.execPath(), {
      args: ["task", `--config=${ROOT}deno.json`, "compile", "--out", `${folder}/none`],
      env: { HTTPS_PROXY: "http://127.0.0.1:1", NO_COLOR: "1" },
    }).outputSync();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stderr), /Allow the host dl\.deno\.land[^]*DENORT_BIN/);
  },
});

Deno.test.afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await oracle[Symbol.asyncDispose]();
});
