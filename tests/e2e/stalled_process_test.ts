import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import type { CallInfo } from "../../src/emulator/sls/fault_plan.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const REF = { project: PROJECT, logstore: LOGSTORE };
const SHARDS = 4;
const GROUP_TIMEOUT_MS = 2000;

const config = (name: string) => `
consumer: { name: ${name}, heartbeat_interval: 500ms, group_timeout: 2s, fetch_interval: 100ms, fetch_count: 5,
  checkpoint_interval: 100ms }
hec: { batch: { max_events: 50, max_age: 50ms } }
`;

/** Two processes of the program on one group, and everything that they ask of it. */
class TwoProcesses implements AsyncDisposable {
  readonly oracle = new Oracle({ shards: SHARDS });
  /** Checkpoints that a process asked for while the shard was not its own. */
  readonly trespasses: string[] = [];
  readonly #folder = Deno.makeTempDirSync();
  readonly #running: Forwarder[] = [];
  #writing: ReturnType<typeof setInterval> | undefined;
  readonly #checkpoints = new Map<string, number>();
  fault: (call: CallInfo) => ReturnType<typeof slsFault> | undefined = () => undefined;

  constructor() {
    this.oracle.hec.rule = () => faults.slow(10);
    this.oracle.sls.faults.rule = (call) => {
      if (call.call === "UpdateCheckPoint") this.#look(call);
      return this.fault(call);
    };
    this.oracle.sls.onCheckpoint(({ consumer }) => {
      this.#checkpoints.set(consumer, this.#written(consumer) + 1);
    });
    // Logs keep coming, so that checkpoints are due at every moment.
    let turn = 0;
    this.#writing = setInterval(() => this.oracle.write(turn++ % SHARDS, 5), 20);
  }

  /** The body of the call is not known here: a consumer that holds nothing has nothing to write. */
  #look({ consumer, group }: CallInfo): void {
    if (!this.oracle.sls.data.consumerGroups(REF).includes(group)) return;
    const { shards } = this.oracle.sls.data.consumerGroup(REF, group);
    if (!shards.some(({ owner }) => owner === consumer)) this.trespasses.push(consumer);
  }

  start(name: string): Forwarder {
    Deno.writeTextFileSync(`${this.#folder}/${name}.yaml`, config(name));
    const forwarder = new Forwarder(["-c", `${name}.yaml`], this.oracle.env, this.#folder);
    this.#running.push(forwarder);
    return forwarder;
  }

  #written(name: string): number {
    return this.#checkpoints.get(name) ?? 0;
  }

  /** Waits until a process has moved checkpoints: then it delivers. */
  async working(name: string): Promise<void> {
    const since = this.#written(name);
    await until(`${name} to work`, 20_000, () => this.#written(name) > since + 3);
  }

  owned(name: string): number {
    if (!this.oracle.sls.data.consumerGroups(REF).includes("g")) return 0;
    return this.oracle.sls.data.consumerGroup(REF, "g").shards
      .filter(({ owner, state }) => owner === name && state === "owned").length;
  }

  async shared(): Promise<void> {
    await until("two shards each", 20_000, () => this.owned("a") === 2 && this.owned("b") === 2);
  }

  stopWriting(): void {
    clearInterval(this.#writing);
    this.#writing = undefined;
  }

  /** Ends writing, and both processes once everything is delivered. @returns their logs. */
  async finish(): Promise<string> {
    this.stopWriting();
    await until("delivery", 30_000, () => this.oracle.missing === 0);
    for (const forwarder of this.#running) forwarder.kill("SIGTERM");
    let log = "";
    for (const forwarder of this.#running) {
      const end = await forwarder.ended();
      assert.equal(end.code, 0, end.log);
      log += end.log;
    }
    assert.deepEqual(this.oracle.violations, []);
    return log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWriting();
    for (const forwarder of this.#running) {
      forwarder.kill("SIGCONT");
      forwarder.kill("SIGKILL");
      await forwarder.ended();
    }
    await this.oracle[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function moment(ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  await until("a moment", ms + 5000, () => performance.now() > endMs);
}

Deno.test("A process that is stopped beyond the group's timeout writes no checkpoint after waking, and joins again", async () => {
  await using both = new TwoProcesses();
  const a = both.start("a");
  both.start("b");
  await both.shared();
  for (let round = 0; round < 2; round++) {
    await both.working("a");
    a.kill("SIGSTOP");
    await until("b to have all", 20_000, () => both.owned("b") === SHARDS);
    await moment(GROUP_TIMEOUT_MS * round);
    a.kill("SIGCONT");
    await both.shared();
  }
  const log = await both.finish();
  assert.deepEqual(both.trespasses, []);
  assert.match(log, /shards lost: No heartbeat succeeded within the group's timeout/);
});

Deno.test("Two processes whose group is deleted under them make it again and lose nothing", async () => {
  await using both = new TwoProcesses();
  both.start("a");
  both.start("b");
  await both.shared();
  for (let round = 0; round < 2; round++) {
    both.oracle.sls.data.deleteConsumerGroup(REF, "g");
    await moment(300);
    await both.shared();
  }
  await both.finish();
});

Deno.test("Two processes survive bursts of refusals of every kind, and lose nothing", async () => {
  await using both = new TwoProcesses();
  both.start("a");
  both.start("b");
  await both.shared();
  const bursts: [call: string, status: number, code: string][] = [
    ["HeartBeat", 500, "InternalServerError"],
    ["HeartBeat", 503, "ServerBusy"],
    ["HeartBeat", 400, "NotExistConsumerWithBody"],
    ["UpdateCheckPoint", 400, "ConsumerNotMatch"],
    ["UpdateCheckPoint", 404, "ConsumerNotExsit"],
    ["UpdateCheckPoint", 404, "ConsumerNotExist"],
    ["UpdateCheckPoint", 404, "ShardNotExsit"],
    ["UpdateCheckPoint", 500, "InternalServerError"],
    ["HeartBeat", 404, "ConsumerGroupNotExist"],
    ["GetCheckPoint", 503, "ServerBusy"],
  ];
  for (const [name, status, code] of bursts) {
    both.fault = ({ call, n }) => call === name && n % 3 !== 0 ? slsFault(status, code) : undefined;
    await moment(500);
  }
  both.fault = () => undefined;
  await both.shared();
  await both.finish();
});

Deno.test("A process that is killed while the other is stopped leaves nothing behind", async () => {
  await using both = new TwoProcesses();
  const a = both.start("a");
  const b = both.start("b");
  await both.shared();
  a.kill("SIGSTOP");
  await moment(500);
  b.kill("SIGKILL");
  await b.ended();
  await moment(2500);
  a.kill("SIGCONT");
  await until("a to have all", 20_000, () => both.owned("a") === SHARDS);
  both.stopWriting();
  await until("delivery", 30_000, () => both.oracle.missing === 0);
  assert.deepEqual(both.oracle.violations, []);
  assert.deepEqual(both.trespasses, []);
});
