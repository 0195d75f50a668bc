import assert from "node:assert/strict";
import { verifyLedgers } from "../../src/ledger/ledger_verify.ts";
import { Oracle } from "../faults/oracle.ts";
import { startAndDeliver } from "../support/task_start.ts";

async function delivered(
  config: string,
  prepare: (folder: string) => Promise<void>,
  cleanUp: () => Promise<void> = () => Promise.resolve(),
) {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-log-" });
  try {
    await using oracle = new Oracle({ shards: 8 });
    for (let shard = 0; shard < 8; shard++) oracle.write(shard, 50);
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, config);
    await prepare(folder);
    const printed = await startAndDeliver(oracle, folder, ["-c", "sls2hec.yaml"]);
    const files = new Map<string, string>();
    for (const { name } of Deno.readDirSync(`${folder}/logs`)) {
      const mode = Deno.statSync(`${folder}/logs/${name}`).mode! & 0o777;
      files.set(name, mode.toString(8));
    }
    return { ...printed, files };
  } finally {
    await cleanUp();
    await Deno.remove(folder, { recursive: true });
  }
}

const logs = (folder: string) => Deno.mkdir(`${folder}/logs`);

Deno.test("start keeps a log file and its backups with leave for them alone, not for their folder", async () => {
  const config = `log: { file: logs/out.log, level: debug, max_bytes: 1KB, backups: 2 }\n`;
  const { files, log } = await delivered(config, logs);
  assert.deepEqual([...files].sort(), [["out.log", "600"], ["out.log.1", "600"], [
    "out.log.2",
    "600",
  ]]);
  assert.doesNotMatch(log, /log file|shard_started|checkpoint/, "nothing went to standard error");
});

Deno.test("start with /dev/stderr and /dev/stdout writes to its own streams, with leave for neither", async () => {
  const config = `log: { file: /dev/stderr, format: json }\nledger: { file: /dev/stdout }\n`;
  const { log, out } = await delivered(config, logs);
  assert.match(log, /"event":"shard_started"/);
  const { faults, fetched } = verifyLedgers([{ name: "stdout", text: out }]);
  assert.deepEqual([faults, fetched], [[], 400]);
});

Deno.test({
  name: "start on a full disk logs to standard error, and delivers",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  fn: async () => {
    let mounted = "";
    const { log } = await delivered(
      `log: { file: logs/out.log, level: debug }\n`,
      async (folder) => {
        await logs(folder);
        const args = ["-t", "tmpfs", "-o", "size=4k", "tmpfs", `${folder}/logs`];
        if (!(await new Deno.Command("mount", { args }).output()).success) return;
        mounted = `${folder}/logs`;
        await Deno.writeFile(`${mounted}/fill`, new Uint8Array(4096));
      },
      async () => {
        if (mounted) await new Deno.Command("umount", { args: [mounted] }).output();
      },
    );
    if (mounted === "") return console.log("skipped: this machine does not allow to mount");
    assert.equal(log.match(/Cannot write to the log file/g)?.length, 1, log);
    assert.match(log, /shard 0: starts at/);
  },
});
