import assert from "node:assert/strict";
import { ramActionOf } from "../../src/emulator/sls/all_calls.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { CallInfo } from "../../src/emulator/sls/fault_plan.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { blocks, page } from "../docs/pages.ts";
import { sls2hec } from "../support/command.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

/** The policies of the page, in its order; each allows `ACTION RESOURCE`. */
const [RUN, CHECKPOINT, BACKFILL, PATTERNS] = blocks(page("docs/set-up.md"))
  .filter(({ language }) => language === "json")
  .map(({ text }) =>
    (JSON.parse(text).Statement as Record<string, string | string[]>[])
      .flatMap(({ Action, Resource }) => [Action!].flat().map((action) => `${action} ${Resource}`))
  ) as [string[], string[], string[], string[]];

const REF = { project: "audit", logstore: "actiontrail", shard: 0 };
/** These calls are allowed for groups of any name. */
const OF_ALL_GROUPS = new Set(["CreateConsumerGroup", "ListConsumerGroup"]);

/** An SLS that allows what a policy does, and remembers what was asked for. */
class PolicedSls implements AsyncDisposable {
  readonly used = new Set<string>();
  readonly sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: REF.project, logstores: [{ name: REF.logstore, shards: 1 }] }],
  });
  readonly hec = HecEmulator.start({});

  constructor(policy: readonly string[]) {
    const logs = [{ timeSec: 1_759_739_400, contents: [["id", "x"]] as [string, string][] }];
    const receivedSec = Math.floor(Date.now() / 1000) - 3600;
    this.sls.data.append(REF, encodeLogGroup({ topic: "t", logs }), receivedSec);
    this.sls.faults.rule = (call) => {
      const wanted = permissionFor(call);
      this.used.add(wanted);
      return policy.includes(wanted) ? undefined : slsFault(401, "Unauthorized");
    };
  }

  get env(): Record<string, string> {
    return {
      SLS_ENDPOINT: this.sls.url,
      SLS_AK_ID: "id",
      SLS_AK_KEY: "secret",
      SLS_PROJECT: REF.project,
      SLS_LOGSTORE: REF.logstore,
      SLS_CG: "splunk",
      SPLUNK_HEC_URL: this.hec.url,
      SPLUNK_HEC_TOKEN: this.hec.token,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sls[Symbol.asyncDispose]();
    await this.hec[Symbol.asyncDispose]();
  }
}

function permissionFor({ call, project, logstore, group }: CallInfo): string {
  if (call === "Unknown") return call;
  const ofGroup = OF_ALL_GROUPS.has(call) ? "/consumergroup/*" : group && `/consumergroup/${group}`;
  const resource = `project/${project}/logstore/${logstore || "*"}${ofGroup}`;
  return `${ramActionOf(call)} acs:log:cn-hangzhou:1234567890123456:${resource}`;
}

const sorted = (texts: Iterable<string>) => [...texts].sort();

Deno.test("run needs each permission of its RAM policy in docs/set-up.md, and no other", async () => {
  await using scene = new PolicedSls(RUN);
  {
    await using first = new AppRun({ consumer: { name: "one" } }, scene.env);
    await until("the first run", 20_000, () => scene.hec.events.length === 1);
    await first.stop();
  }
  // The same name has its shard at once. Another timeout changes the group; a collector that is away leaves the shard
  // behind, so that the retention is asked for.
  scene.sls.data.append(
    REF,
    encodeLogGroup({ topic: "t", logs: [{ timeSec: 1_759_739_400, contents: [["id", "y"]] }] }),
    Math.floor(Date.now() / 1000),
  );
  await using _second = new AppRun(
    { consumer: { name: "one", update_group: true, group_timeout: "90s" } },
    { ...scene.env, SPLUNK_HEC_URL: "http://127.0.0.1:1" },
  );
  await until("all permissions are used", 20_000, () => scene.used.size >= RUN.length);
  assert.deepEqual(sorted(scene.used), sorted(RUN));
});

Deno.test("run and checkpoint with a pattern also need the permission to list, and say so", async () => {
  const sources = [{ project: REF.project, logstore: "action*", discover_interval: "1s" }];
  {
    await using scene = new PolicedSls([...RUN, ...PATTERNS]);
    await using run = new AppRun({ sources }, scene.env);
    await until("the event", 20_000, () => scene.hec.events.length === 1);
    await run.stop();
    assert.deepEqual([...scene.used].filter((used) => !RUN.includes(used)), PATTERNS);
  }
  await using scene = new PolicedSls([...RUN, ...CHECKPOINT]);
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  Deno.writeTextFileSync(file, JSON.stringify({ sources }));
  try {
    const { code, err } = await sls2hec(["checkpoint", "show", "-c", file], scene.env);
    assert.equal(code, 1);
    assert.match(err, /Cannot ListLogStores of audit/);
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("checkpoint needs each permission of its RAM policy in docs/set-up.md, and no other", async () => {
  await using scene = new PolicedSls(CHECKPOINT);
  const { rule } = scene.sls.faults;
  scene.sls.faults.rule = undefined; // a run has made the group
  {
    await using run = new AppRun({}, scene.env);
    await until("the run", 20_000, () => scene.hec.events.length === 1);
    await run.stop();
  }
  scene.sls.faults.rule = rule;
  const show = await sls2hec(["checkpoint", "show"], scene.env);
  assert.equal(show.code, 0, show.err);
  const reset = await sls2hec(["checkpoint", "reset", "--to", "begin", "--force"], scene.env);
  assert.equal(reset.code, 0, reset.err);
  assert.deepEqual(sorted(scene.used), sorted(CHECKPOINT));
});

Deno.test("backfill needs each permission of its RAM policy in docs/set-up.md, and no other", async () => {
  await using scene = new PolicedSls(BACKFILL);
  const folder = Deno.makeTempDirSync();
  try {
    const { code, err } = await sls2hec(
      ["backfill", "--from", "-2h", "--to", "-1s"],
      scene.env,
      folder,
    );
    assert.equal(code, 0, err);
    assert.equal(scene.hec.events.length, 1);
    assert.deepEqual(sorted(scene.used), sorted(BACKFILL));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
