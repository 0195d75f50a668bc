import assert from "node:assert/strict";
import type { AccessKey } from "../../src/emulator/core/sls/access_key.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { NAMED } from "../hec/certificates.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { MetadataService } from "../sls/metadata_service.ts";
import { StsService } from "../sls/sts_service.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { startAndDeliver } from "../support/task_start.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";

await warmWorker(startDataPlaneWorker);

const ROLE = "acs:ram::123456789012:role/logreader";
const TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmVk";

/** STS, SLS and HEC, and a folder. SLS takes only the newest key that STS has issued. */
class Accounts implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "sls2hec-roles-" });
  readonly oracle = new Oracle({ shards: 2 });
  readonly sts: StsService;

  constructor(tls?: { readonly cert: string; readonly key: string }) {
    this.sts = new StsService(tls);
    this.oracle.sls.accessKeys = [];
    this.sts.onIssued = (key) => this.oracle.sls.accessKeys = [key];
  }

  run(credentials: Record<string, unknown>, workers = "auto"): AppRun {
    const consumer = { group: "g", checkpoint_interval: "1s", heartbeat_interval: "5s" };
    return new AppRun(
      {
        sls: { credentials },
        consumer,
        sources: [{ project: PROJECT, logstore: LOGSTORE }],
        workers,
        dead_letters: { folder: `${this.folder}/dead` },
      },
      this.#env,
      workers === "auto" ? undefined : fastClock(5), // what watches workers may not be much faster
    );
  }

  get assumeRole(): Record<string, unknown> {
    return { role_arn: ROLE, session_name: "forwarder", sts_endpoint: this.sts.url };
  }

  get oidc(): Record<string, unknown> {
    Deno.writeTextFileSync(`${this.folder}/token`, `${TOKEN}\n`);
    return {
      role_arn: ROLE,
      provider_arn: this.sts.providerArn,
      token_file: `${this.folder}/token`,
      sts_endpoint: this.sts.url,
    };
  }

  async deliver(): Promise<void> {
    for (let n = 0; n < 10; n++) this.oracle.write(n % 2, 5);
    await until("delivery", 20_000, () => this.oracle.missing === 0);
  }

  /** The key of SLS's own is the caller's here. */
  get #env(): Record<string, string> {
    const { SLS_AK_ID: _id, SLS_AK_KEY: _key, ...env } = this.oracle.env;
    return env;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.oracle[Symbol.asyncDispose]();
    await this.sts[Symbol.asyncDispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const pair = { access_key_id: "base-id", access_key_secret: "base-secret" };

for (const workers of ["auto", "2"]) {
  for (const from of ["assume_role", "oidc"]) {
    Deno.test(`App with workers: ${workers} continues through changes of the credentials of ${from}`, async () => {
      await using accounts = new Accounts();
      const { sts, oracle } = accounts;
      await using run = accounts.run(
        from === "oidc" ? { oidc: accounts.oidc } : { ...pair, assume_role: accounts.assumeRole },
        workers,
      );
      for (let n = 1; n <= 3; n++) {
        if (n > 1) {
          // The session is revoked: SLS refuses its key, until STS issues another.
          oracle.sls.accessKeys = [];
        }
        await accounts.deliver();
      }
      await run.stop();
      assert.ok(sts.issued.length >= 3);
      assert.ok(sts.issued.length <= 6, `${sts.issued.length} calls of STS`);
      assert.deepEqual(run.troubles.filter((text) => !/answered 401/.test(text)), []);
      assert.deepEqual(oracle.verdict().violations, []);
    });
  }
}

Deno.test("App fetches credentials ahead of their end, so that none is refused", async () => {
  await using accounts = new Accounts();
  const { sts, oracle } = accounts;
  // SLS takes each key until it expires, as it does.
  const keys: AccessKey[] = [];
  sts.onIssued = (key) => {
    keys.push(key);
    oracle.sls.accessKeys = keys;
  };
  sts.livesMs = 182_000; // wall time is true on a fast clock: due after two seconds at most
  await using run = accounts.run({ ...pair, assume_role: accounts.assumeRole });
  await until("a second key", 30_000, () => {
    if (oracle.missing === 0) oracle.write(0, 1); // credentials are fetched when they are used
    return sts.issued.length >= 2;
  });
  sts.livesMs = undefined;
  await accounts.deliver();
  await run.stop();
  assert.deepEqual(run.troubles, []);
  assert.ok(
    run.events.some((event) =>
      event.type === "renewed" && event.about === "sls.credentials.assume_role"
    ),
  );
  assert.deepEqual(oracle.verdict().violations, []);
});

Deno.test("App assumes a role with the credentials of an ECS instance", async () => {
  await using accounts = new Accounts();
  await using metadata = new MetadataService();
  metadata.answer = JSON.stringify({
    Code: "Success",
    AccessKeyId: "STS.ecs",
    AccessKeySecret: "ecs-secret",
    SecurityToken: "CAIS+ecs/token==",
    Expiration: "2126-01-01T00:00:00Z",
  });
  accounts.sts.callers = [
    { id: "STS.ecs", secret: "ecs-secret", securityToken: "CAIS+ecs/token==" },
  ];
  await using run = accounts.run({
    ecs_ram_role: "auto",
    ecs_metadata_url: metadata.url,
    assume_role: accounts.assumeRole,
  });
  await accounts.deliver();
  await run.stop();
  assert.deepEqual(run.troubles, []);
});

Deno.test("App reads a file of credentials again when STS refuses what was in it", async () => {
  await using accounts = new Accounts();
  const file = `${accounts.folder}/base.json`;
  const write = (id: string) =>
    Deno.writeTextFileSync(
      file,
      JSON.stringify({ AccessKeyId: id, AccessKeySecret: "base-secret" }),
    );
  write("base-id");
  await using run = accounts.run({ file, assume_role: accounts.assumeRole });
  await accounts.deliver();
  accounts.sts.callers = [{ id: "base-id-2", secret: "base-secret" }];
  write("base-id-2");
  accounts.oracle.sls.accessKeys = [];
  await accounts.deliver();
  await run.stop();
  assert.deepEqual(run.troubles.filter((text) => /STS|assume/.test(text)), []);
});

const faults: [what: string, fault: StsService["faults"][number]][] = [
  ["is throttled", { code: "Throttling.User" }],
  ["fails", { code: "InternalError", status: 500 }],
  ["closes connections", { answer: { do: "close" } }],
  ["does not answer", { answer: { do: "hang" } }],
  ["answers without end", { answer: { status: 200, body: "x".repeat(200_000) } }],
  ["issues what has expired", {
    answer: {
      status: 200,
      body: JSON.stringify({
        Credentials: {
          AccessKeyId: "STS.old",
          AccessKeySecret: "s",
          SecurityToken: "CAIS+old/token==",
          Expiration: "2020-01-01T00:00:00Z",
        },
      }),
    },
  }],
  ["answers text", { answer: { status: 200, body: "hello" } }],
  ["does not let the caller", { code: "NoPermission", status: 403 }],
];
for (const [what, fault] of faults) {
  Deno.test(`App waits while STS ${what}, says so, and loses nothing`, async () => {
    await using accounts = new Accounts();
    accounts.sts.faults.push(fault, fault, fault);
    await using run = accounts.run({ ...pair, assume_role: accounts.assumeRole });
    await accounts.deliver();
    await run.stop();
    assert.ok(run.troubles.some((text) => text.startsWith(`Cannot assume ${ROLE}`)));
    assert.ok(
      run.events.some((event) =>
        event.type === "recovered" && event.about === "sls.credentials.assume_role"
      ),
    );
    assert.doesNotMatch(run.troubles.join(), /base-secret|to sign|issued/);
    assert.deepEqual(accounts.oracle.verdict().violations, []);
  });
}

Deno.test("App takes a token of a service account that has come in the meantime", async () => {
  await using accounts = new Accounts();
  const { oidc, folder } = accounts;
  Deno.writeTextFileSync(`${folder}/token`, "bm90.eWV0.dmFsaWQ");
  await using run = accounts.run({ oidc });
  await until("a refusal", 20_000, () => {
    return run.troubles.some((text) => /AuthenticationFail\.OIDCToken\.Expired/.test(text));
  });
  Deno.writeTextFileSync(`${folder}/token`, `${TOKEN}\n`);
  await accounts.deliver();
  await run.stop();
  assert.doesNotMatch(run.troubles.join(), /bm90\.eWV0/);
});

for (const kind of ["http", "socks5"] as const) {
  for (const from of ["assume_role", "oidc"]) {
    Deno.test(`start with a proxy of ${kind} reaches STS for ${from} through it, with exactly the permissions for that`, async () => {
      await using accounts = new Accounts(NAMED);
      const { folder, oracle, sts } = accounts;
      await using proxy = new ConnectProxy(undefined, kind);
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 10);
      const [sls, hec] = [oracle.sls.url, oracle.hec.url].map((url) => new URL(url).port);
      await Deno.writeTextFile(`${folder}/ca.pem`, NAMED.cert);
      await Deno.writeTextFile(`${folder}/token`, TOKEN);
      const credentials = from === "oidc" ? "oidc: auto" : `access_key_id: base-id
    access_key_secret: base-secret
    assume_role:
      role_arn: ${ROLE}
      session_name: forwarder
      sts_endpoint: localhost:${sts.port}`;
      await Deno.writeTextFile(
        `${folder}/sls2hec.yaml`,
        `
workers: 2
sls:
  endpoint: "http://sls.test:${sls}"
  proxy: "${proxy.url}"
  ca_file: ca.pem
  credentials:
    ${credentials}
hec: { url: "http://splunk.test:${hec}", proxy: "${proxy.url}" }
`,
      );
      const pod = {
        ALIBABA_CLOUD_ROLE_ARN: ROLE,
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN: sts.providerArn,
        ALIBABA_CLOUD_OIDC_TOKEN_FILE: `${folder}/token`,
        ALIBABA_CLOUD_STS_ENDPOINT: `localhost:${sts.port}`,
      };
      await startAndDeliver(oracle, folder, ["-c", "sls2hec.yaml"], from === "oidc" ? pod : {});
      assert.deepEqual(
        [...new Set(proxy.targets)].sort(),
        [`localhost:${sts.port}`, `p.sls.test:${sls}`, `splunk.test:${hec}`],
      );
      assert.equal(sts.issued.length, 1, "one exchange, whatever the workers");
      assert.deepEqual(oracle.verdict().violations, []);
    });
  }
}
