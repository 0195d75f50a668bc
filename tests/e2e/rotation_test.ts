import assert from "node:assert/strict";
import type { AccessKey } from "../../src/emulator/core/sls/access_key.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { MetadataService } from "../sls/metadata_service.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";

await warmWorker(startDataPlaneWorker);

const sources = [{ project: PROJECT, logstore: LOGSTORE }];
const consumer = { group: "g", checkpoint_interval: "1s", heartbeat_interval: "5s" };

const keys: AccessKey[] = [1, 2, 3].map((n) => ({
  id: `STS.${n}`,
  secret: `secret-${n}`,
  securityToken: `token-${n}`,
}));

const jsonOf = ({ id, secret, securityToken }: AccessKey) =>
  JSON.stringify({ AccessKeyId: id, AccessKeySecret: secret, SecurityToken: securityToken });

/** Workers live by the real clock: what watches them may not be much faster. */
const clockFor = (workers: string) => workers === "auto" ? undefined : fastClock(5);

/** Replaces a file as a whole. */
function replaceFile(path: string, text: string): void {
  Deno.writeTextFileSync(`${path}.new`, text);
  Deno.renameSync(`${path}.new`, path);
}

/** As Kubernetes mounts a secret: `path` leads through the link `..data` to a folder that is swapped. */
function replaceLink(folder: string, name: string, text: string): void {
  const version = Deno.makeTempDirSync({ dir: folder, prefix: "..v" });
  Deno.writeTextFileSync(`${version}/${name}`, text);
  Deno.symlinkSync(version, `${folder}/..new`);
  Deno.renameSync(`${folder}/..new`, `${folder}/..data`);
}

/** Changes keys under a running program, which must have no failed request. */
async function rotates(
  credentials: (folder: string, metadata: MetadataService) => Record<string, string>,
  write: (folder: string, key: AccessKey, metadata: MetadataService) => void,
  workers = "auto",
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "sls2hec-rotation-" });
  try {
    await using metadata = new MetadataService();
    await using oracle = new Oracle({ shards: 2 });
    oracle.sls.accessKeys = [keys[0]!];
    write(folder, keys[0]!, metadata);
    const run = new AppRun(
      {
        sls: { credentials: credentials(folder, metadata) },
        consumer,
        sources,
        workers,
        dead_letters: { folder: `${folder}/dead` },
      },
      oracle.env,
      clockFor(workers),
    );
    for (const key of keys) {
      write(folder, key, metadata);
      oracle.sls.accessKeys = [key]; // at once: the old one is refused
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 5);
      await until("delivery", 20_000, () => oracle.missing === 0);
    }
    await run.stop();
    assert.deepEqual(run.troubles.filter((text) => /answered 401/.test(text)), []);
    const renewed = run.events.filter(({ type }) => type === "renewed");
    assert.equal(renewed.length, 2, "each change is reported once");
    assert.deepEqual(oracle.verdict().violations, []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("App keeps working through changes of a credentials file, without a failed request", async () => {
  await rotates(
    (folder) => ({ file: `${folder}/sls.json` }),
    (folder, key) => replaceFile(`${folder}/sls.json`, jsonOf(key)),
  );
});

Deno.test("App with workers keeps working through changes of a credentials file", async () => {
  await rotates(
    (folder) => ({ file: `${folder}/sls.json` }),
    (folder, key) => replaceFile(`${folder}/sls.json`, jsonOf(key)),
    "2",
  );
});

Deno.test("App keeps working through swaps of the link to a credentials file", async () => {
  await rotates(
    (folder) => ({ file: `${folder}/..data/sls.json` }),
    (folder, key) => replaceLink(folder, "sls.json", jsonOf(key)),
  );
});

Deno.test("App keeps working through changes of the credentials of a RAM role", async () => {
  await rotates(
    (_, { url }) => ({ ecs_ram_role: "auto", ecs_metadata_url: url }),
    (_, key, metadata) => {
      metadata.answer = JSON.stringify({
        ...JSON.parse(jsonOf(key)),
        Code: "Success",
        Expiration: "2126-01-01T00:00:00Z",
      });
    },
  );
});

for (const workers of ["auto", "2"]) {
  Deno.test(`App with workers: ${workers} keeps working through changes of an HEC token's file`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "sls2hec-rotation-" });
    const file = `${folder}/token`;
    try {
      await using oracle = new Oracle({ shards: 2 });
      replaceFile(file, `${oracle.token}\n`);
      const run = new AppRun(
        {
          consumer,
          sources,
          workers,
          hec: { token: `\${file:${file}}` },
          dead_letters: { folder: `${folder}/dead` },
        },
        oracle.env,
        clockFor(workers),
      );
      oracle.write(0, 5);
      await until("delivery", 20_000, () => oracle.missing === 0);
      Deno.writeTextFileSync(file, ""); // half-way through being written
      oracle.write(1, 5);
      await until("delivery", 20_000, () => oracle.missing === 0);
      await until("a report", 20_000, () => {
        oracle.write(0, 1); // the file is looked at when it is needed
        return run.troubles.some((text) => /hec\.token: found an empty file/.test(text));
      });
      replaceFile(file, "another-token\n");
      oracle.hec.tokens.delete(oracle.token);
      oracle.hec.tokens.set("another-token", { token: "another-token" });
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 5);
      await until("delivery", 20_000, () => oracle.missing === 0);
      await run.stop();
      assert.deepEqual(run.troubles.filter((text) => /answered 40[13]/.test(text)), []);
      assert.deepEqual(oracle.verdict().violations, []);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}
