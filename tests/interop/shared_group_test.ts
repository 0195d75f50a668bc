import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { AppRun } from "../e2e/app_run.ts";
import { PythonConsumer } from "./python/python_consumer.ts";
import { pythonEnvironment } from "./python/python_environment.ts";
import { Waiting } from "./python/waiting.ts";

const REF = { project: "p", logstore: "l" };
const KEY = { id: "id", secret: "secret" };
const DEADLINE_MS = 90_000;
const SHARDS = [0, 1, 2, 3];

const environment = await pythonEnvironment();
if ("missing" in environment) {
  console.log(`Skipping the vendor's Python consumer: ${environment.missing}`);
}

/** Both consumers on one group, and which logs each of them got. */
class SharedGroup implements AsyncDisposable {
  readonly sls = SlsEmulator.start({
    accessKeys: [KEY],
    projects: [{ name: "p", logstores: [{ name: "l", shards: SHARDS.length }] }],
  });
  readonly hec: HecEmulator;
  readonly waiting = new Waiting(DEADLINE_MS);
  readonly written: string[] = [];
  /** Ids in the order in which HEC took them. */
  readonly ours: string[] = [];
  readonly theirs: PythonConsumer[] = [];
  readonly #assigned = new Map<string, readonly number[]>();
  readonly #python: string;

  constructor(python: string) {
    this.#python = python;
    this.hec = HecEmulator.start({
      tokens: [{ token: "token", name: "t" }],
      onEvent: ({ raw }) => {
        this.ours.push(String(JSON.parse(raw).id));
        this.waiting.look();
      },
    });
    this.sls.onHeartbeat(({ consumer, answered }) => {
      this.#assigned.set(consumer, answered);
      this.waiting.look();
    });
    this.sls.onCheckpoint(() => this.waiting.look());
  }

  /** Our program, with heartbeats as rare as they are by default. */
  run(): AppRun {
    return new AppRun(
      {
        consumer: { name: "ours", fetch_interval: "100ms", checkpoint_interval: "500ms" },
        hec: { batch: { max_age: "50ms" } },
        sources: [REF],
      },
      {
        SLS_ENDPOINT: this.sls.url,
        SLS_AK_ID: KEY.id,
        SLS_AK_KEY: KEY.secret,
        SLS_CG: "g",
        SPLUNK_HEC_URL: this.hec.url,
        SPLUNK_HEC_TOKEN: "token",
      },
      systemClock,
    );
  }

  startPython(): PythonConsumer {
    const started = new PythonConsumer(this.#python, this.sls.url, {
      endpoint: "cn-hangzhou.log.aliyuncs.com",
      access_key_id: KEY.id,
      access_key_secret: KEY.secret,
      ...REF,
      group: "g",
      consumer: `python-${this.theirs.length}`,
    }, () => this.waiting.look());
    this.theirs.push(started);
    return started;
  }

  write(name: string): void {
    for (const shard of SHARDS) {
      for (let group = 0; group < 5; group++) {
        const ids = Array.from({ length: 10 }, (_, i) => `${name}-${shard}-${group}-${i}`);
        const logs = ids.map((id) => ({
          timeSec: 1_759_739_400,
          contents: [["id", id] as const],
        }));
        this.sls.data.append({ ...REF, shard }, encodeLogGroup({ logs }));
        this.written.push(...ids);
      }
    }
  }

  /** Everything either of them got, in any order; a log that came twice is there twice. */
  get got(): string[] {
    return [...this.ours, ...this.theirs.flatMap(({ logs }) => logs.map(({ id }) => String(id)))];
  }

  async allDelivered(): Promise<void> {
    await this.waiting.until("every log", () => new Set(this.got).size === this.written.length);
    const committed = () => {
      const { shards } = this.sls.data.consumerGroup(REF, "g");
      return this.sls.data.shards(REF).every(({ shard, endCursor }) =>
        shards.find(({ id }) => id === shard)?.checkpoint === endCursor
      );
    };
    await this.waiting.until("every checkpoint at its end", committed);
  }

  async share(shares: Readonly<Record<string, number>>): Promise<void> {
    await this.waiting.until(
      JSON.stringify(shares),
      () => Object.entries(shares).every(([name, n]) => this.#assigned.get(name)?.length === n),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const consumer of this.theirs) await consumer[Symbol.asyncDispose]();
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
    this.waiting[Symbol.dispose]();
  }
}

Deno.test({
  name:
    "The vendor's Python consumer and ours share a group: shards move both ways, nothing is lost",
  ignore: "missing" in environment,
  async fn() {
    assert.ok("python" in environment);
    await using group = new SharedGroup(environment.python);
    group.write("alone");
    const python = group.startPython();
    await group.share({ "python-0": 4 });
    await group.allDelivered();
    const ours = group.run();
    await group.share({ "python-0": 2, ours: 2 });
    group.write("together");
    await group.allDelivered();
    assert.ok(group.ours.length > 0, "our share");
    await python.stop();
    await group.share({ ours: 4 });
    group.write("ours alone");
    await group.allDelivered();
    group.startPython();
    await group.share({ "python-1": 2, ours: 2 });
    group.write("together again");
    await group.allDelivered();
    await ours.stop();
    await group.share({ "python-1": 4 });
    group.write("theirs alone");
    await group.allDelivered();
    await group.theirs[1]!.stop();
    // Every hand-over was planned: nothing came twice either.
    assert.deepEqual(group.got.sort(), group.written.sort());
    assert.equal(group.sls.faults.callsOf("Unknown"), 0);
  },
});

Deno.test({
  name:
    "Our consumer keeps up with a Python consumer that joins later and shortens the group's timeout to 2 s",
  ignore: "missing" in environment,
  async fn() {
    assert.ok("python" in environment);
    await using group = new SharedGroup(environment.python);
    group.write("alone");
    const ours = group.run();
    await group.share({ ours: 4 });
    await group.allDelivered();
    const python = group.startPython(); // sets the group to its own settings
    group.write("together");
    await group.share({ "python-0": 2, ours: 2 });
    await group.allDelivered();
    await ours.stop();
    await group.share({ "python-0": 4 });
    group.write("theirs alone");
    await group.allDelivered();
    await python.stop();
    assert.deepEqual([...new Set(group.got)].sort(), group.written.sort());
    assert.deepEqual(ours.events.filter(({ type }) => type === "gap"), []);
  },
});
