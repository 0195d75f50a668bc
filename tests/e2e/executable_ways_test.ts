import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as faults from "../../src/emulator/hec/faults.ts";
import type { AccessKey } from "../../src/emulator/core/sls/access_key.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { NAMED } from "../hec/certificates.ts";
import { MetadataService } from "../sls/metadata_service.ts";
import { Forwarder, until } from "../support/forwarder.ts";

/** What an executable with a configuration built in does besides the plain way of `executable_test.ts`. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = Deno.makeTempDirSync({ prefix: "sls2hec-ways-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const keys: AccessKey[] = [1, 2, 3].map((n) => ({
  id: `STS.${n}`,
  secret: `secret-${n}`,
  securityToken: `token-${n}`,
}));
const jsonOf = ({ id, secret, securityToken }: AccessKey) =>
  JSON.stringify({
    Code: "Success",
    AccessKeyId: id,
    AccessKeySecret: secret,
    SecurityToken: securityToken,
    Expiration: "2126-10-06T08:30:00Z",
  });

// One oracle and one metadata service for all: their ports are built into the executables.
const oracle = new Oracle({ shards: 2, hec: { tls: NAMED } });
const metadata = new MetadataService();
oracle.sls.accessKeys = [keys[0]!];
const config = (credentials: string) => `
sls: { endpoint: "${oracle.env.SLS_ENDPOINT}", credentials: { ${credentials} } }
consumer: { group: g, name: n, heartbeat_interval: 500ms, group_timeout: 30s, fetch_interval: 100ms }
hec:
  url: "${oracle.env.SPLUNK_HEC_URL}"
  token: ${oracle.token}
  tls: { ca_file: ca.pem }
ledger: { file: ledger.jsonl }
sources: [{ project: ${PROJECT}, logstore: ${LOGSTORE} }]
log: { format: json }
`;
Deno.writeTextFileSync(`${folder}/file.yaml`, config("file: keys.json"));
Deno.writeTextFileSync(
  `${folder}/role.yaml`,
  config(`ecs_ram_role: auto, ecs_metadata_url: "${metadata.url}"`),
);
Deno.writeTextFileSync(`${folder}/keys.json`, jsonOf(keys[0]!));
Deno.writeTextFileSync(`${folder}/ca.pem`, NAMED.cert);

function compile(name: string): { code: number; text: string } {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    return { code: 1, text: "the base binary for tests is for x86-64 Linux" };
  }
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [
      "task",
      `--config=${ROOT}deno.json`,
      "compile",
      "--test-base",
      "-c",
      `${name}.yaml`,
      "--out",
      name,
    ],
    cwd: folder,
    env: { INIT_CWD: folder, NO_COLOR: "1" },
  }).outputSync();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
const built = compile("file");
const ignore = built.code !== 0;
if (ignore) console.log(`skipped, as no executable can be made here: ${built.text}`);

/** Has the executable deliver what is written, while `replace` puts one key after another in its place. */
async function deliversWhileKeysChange(
  name: string,
  replace: (key: AccessKey) => void,
): Promise<void> {
  replace(keys[0]!);
  oracle.sls.accessKeys = [keys[0]!];
  const before = oracle.verdict().duplicates;
  const forwarder = new Forwarder(["-c", `${name}.yaml`], {}, folder, `${folder}/${name}`);
  try {
    for (const key of keys) {
      replace(key);
      oracle.sls.accessKeys = [key]; // at once: the one before is refused
      for (let n = 0; n < 20; n++) oracle.write(n % 2, 10);
      await until(`delivery with ${key.id}`, 30_000, () => oracle.missing === 0);
    }
  } catch (error) {
    forwarder.kill("SIGTERM");
    throw new Error((await forwarder.ended()).log, { cause: error });
  }
  forwarder.kill("SIGTERM");
  const { code, log } = await forwarder.ended();
  assert.equal(code, 0, log);
  assert.doesNotMatch(log, /answered 401/);
  const { violations, duplicates } = oracle.verdict();
  assert.deepEqual(violations, []);
  assert.equal(duplicates - before, 0);
  // It has given its shards back; the server forgets it after the group's timeout, which this test does not wait for.
  oracle.sls.data.forgetConsumer({ project: PROJECT, logstore: LOGSTORE }, "g", "n");
}

/** A command of the executable, to its end. */
async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(`${folder}/file`, {
    args: [...args, ...(args[0] === "ledger" ? [] : ["-c", "file.yaml"])],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const out = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return { code, out, err: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "the executable continues when its file of credentials is replaced, and keeps its ledger",
  ignore,
  fn: async () => {
    await deliversWhileKeysChange("file", (key) => {
      Deno.writeTextFileSync(`${folder}/keys.json.new`, jsonOf(key));
      Deno.renameSync(`${folder}/keys.json.new`, `${folder}/keys.json`);
    });
    const { code, out, err } = await run("ledger", "verify", "ledger.jsonl");
    assert.equal(code, 0, err + out.join("\n"));
    const { written } = oracle;
    assert.ok(out.join().includes(`fetched ${written} = delivered ${written}`), out.join("\n"));
  },
});

Deno.test({
  name: "the executable shows, sets and resets checkpoints",
  ignore,
  fn: async () => {
    const shown = async () => {
      const { code, out, err } = await run("checkpoint", "show", "--json");
      assert.equal(code, 0, err);
      return out.map((line) => JSON.parse(line)).map(
        ({ shard, checkpoint, place, lag_seconds }) => {
          return { shard, checkpoint, place, lag_seconds };
        },
      );
    };
    const end = await shown();
    assert.deepEqual(end.map(({ shard, place, lag_seconds }) => [shard, place, lag_seconds]), [
      [0, "at_end", 0],
      [1, "at_end", 0],
    ]);
    const reset = await run("checkpoint", "reset", "--to", "begin");
    assert.equal(reset.code, 0, reset.err);
    const begin = await shown();
    assert.ok(begin.every(({ checkpoint }, i) => checkpoint !== end[i]!.checkpoint));
    for (const { shard, checkpoint } of end) {
      const args = ["--shards", String(shard), "--cursor", checkpoint];
      const set = await run("checkpoint", "set", ...args);
      assert.equal(set.code, 0, set.err);
    }
    assert.deepEqual(await shown(), end);
  },
});

Deno.test({
  name: "the executable sends a time range again, and nothing twice when it is complete",
  ignore,
  fn: async () => {
    const before = oracle.verdict().duplicates;
    const to = new Date().toISOString().replace(/\.\d+/, "");
    await until("the next second", 5000, () => Date.now() > Date.parse(to) + 1000);
    const range = ["backfill", "--from", "2020-01-01T00:00:00Z", "--to", to, "--json"];
    const { code, out, err } = await run(...range);
    assert.equal(code, 0, err);
    const ledger = JSON.parse(out.at(-1)!);
    assert.deepEqual([ledger.complete, ledger.delivered], [true, oracle.written]);
    assert.equal(oracle.verdict().duplicates - before, oracle.written);
    const again = await run(...range);
    assert.equal(again.code, 0, again.err);
    assert.equal(oracle.verdict().duplicates - before, oracle.written, "nothing was sent");
  },
});

Deno.test({
  name: "the executable sends a time range for one at a time",
  ignore,
  fn: async () => {
    const state = `${folder}/backfill/mine.json`;
    using lock = Deno.openSync(`${state}.lock`, { write: true, create: true });
    lock.lockSync(true);
    const range = ["--from", "-1h", "--to", "-0s", "--state", "backfill/mine.json"];
    const { code, err } = await run("backfill", ...range);
    assert.equal(code, 2, err);
    assert.match(err, /mine\.json: .* in use/);
  },
});

Deno.test({
  name: "the executable runs once on a ledger file",
  ignore,
  fn: async () => {
    using lock = Deno.openSync(`${folder}/ledger.jsonl`, { write: true });
    lock.lockSync(true);
    const forwarder = new Forwarder(["-c", "file.yaml"], {}, folder, `${folder}/file`);
    const { code, log } = await forwarder.ended();
    assert.equal(code, 1, log);
    assert.match(log, /Cannot use the ledger file ledger\.jsonl: another program writes it/);
  },
});

Deno.test({
  name: "the executable of Deno 2.6 says that it cannot check a fingerprint, and starts nothing",
  ignore,
  fn: async () => {
    const before = await Deno.readTextFile(`${folder}/file.yaml`);
    const pinned = before.replace("ca_file: ca.pem", `fingerprint: "${"ab".repeat(32)}"`);
    await Deno.writeTextFile(`${folder}/pinned.yaml`, pinned);
    assert.equal(compile("pinned").code, 0);
    const forwarder = new Forwarder(["-c", "pinned.yaml"], {}, folder, `${folder}/pinned`);
    const { code, log } = await forwarder.ended();
    assert.equal(code, 1, log);
    assert.match(log, /Cannot reach .* with hec\.tls\.fingerprint[^]*Set hec\.tls\.ca_file/);
  },
});

Deno.test({
  name: "the executable of Deno 2.6 does not send who has no ca_file to the fingerprint",
  ignore,
  fn: async () => {
    const before = await Deno.readTextFile(`${folder}/file.yaml`);
    await Deno.writeTextFile(`${folder}/bare.yaml`, before.replace("tls: { ca_file: ca.pem }", ""));
    assert.equal(compile("bare").code, 0);
    const forwarder = new Forwarder(["-c", "bare.yaml"], {}, folder, `${folder}/bare`);
    await new Promise((resolve) => setTimeout(resolve, 3000)); // it asks the collector at its start
    forwarder.kill("SIGTERM");
    const { log } = await forwarder.ended();
    oracle.sls.data.forgetConsumer({ project: PROJECT, logstore: LOGSTORE }, "g", "n");
    assert.match(log, /Set hec\.tls\.ca_file/);
    assert.doesNotMatch(log, /fingerprint/);
  },
});

Deno.test({
  name: "the executable continues when the RAM role of its ECS instance gets other credentials",
  ignore,
  fn: async () => {
    assert.equal(compile("role").code, 0);
    for (const mode of ["hardened", "v1"] as const) {
      metadata.mode = mode;
      await deliversWhileKeysChange("role", (key) => metadata.answer = jsonOf(key));
    }
    assert.ok(metadata.requests.some((line) => line.endsWith("forwarder in session")));
    assert.ok(metadata.requests.some((line) => line.endsWith("forwarder")));
  },
});

// The last: the oracle knows of no dead letters, and takes them for missing when a checkpoint passes them.
Deno.test({
  name: "the executable parks what Splunk refuses, and sends it again",
  ignore,
  fn: async () => {
    oracle.sls.accessKeys = [keys[0]!];
    Deno.writeTextFileSync(`${folder}/keys.json`, jsonOf(keys[0]!));
    let refusals = 0;
    // The first event, with gzip and then once without. Not the empty request with which the program looks at the collector when it starts.
    oracle.hec.rule = ({ contentBytes }) =>
      (contentBytes ?? 0) > 0 && refusals++ < 2
        ? faults.code(6, { invalidEventNumber: 0 })
        : undefined;
    oracle.write(0, 20);
    const forwarder = new Forwarder(["-c", "file.yaml"], {}, folder, `${folder}/file`);
    await until("delivery of all but one", 30_000, () => oracle.missing === 1);
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    assert.equal(code, 0, log);
    oracle.sls.data.forgetConsumer({ project: PROJECT, logstore: LOGSTORE }, "g", "n");
    assert.equal((await run("dead-letters", "list", "--json")).out.length, 1);
    const replayed = await run("dead-letters", "replay");
    assert.equal(replayed.code, 0, replayed.err);
    assert.equal(oracle.missing, 0);
    assert.equal((await run("dead-letters", "list", "--json")).out.length, 0);
  },
});

Deno.test.afterAll(async () => {
  await metadata[Symbol.asyncDispose]();
  await oracle[Symbol.asyncDispose]();
});
