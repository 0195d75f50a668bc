import type { CheckpointSource } from "../../src/checkpoint/ports.ts";
import { Checkpoints } from "../../src/app/checkpoints.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import type { ConsumerGroup } from "../../src/sls/consumer_group.ts";
import { fastClock } from "../support/fast_clock.ts";

const P = "p", L = "l";

/** Two shards; the log groups of shard 0 were received at seconds 100, 200, 300 and 400 past the start. */
export class CheckpointHarness implements AsyncDisposable {
  readonly startSec = Math.floor(Date.now() / 1000) - 3600;
  readonly troubles: string[] = [];
  readonly sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: P, logstores: [{ name: L, shards: 2 }] }],
  });
  readonly #checkpoints: Checkpoints;

  constructor() {
    for (const at of [100, 200, 300, 400]) this.append(0, this.startSec + at);
    const loaded = loadConfig(
      { env: (name) => this.env[name], readFile: Deno.readTextFileSync },
      "checkpoint",
    );
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    this.#checkpoints = new Checkpoints(loaded.config.sources, {
      clock: fastClock(10),
      random: () => 0.5,
      uuid: () => "uuid",
      readTextFile: Deno.readTextFileSync,
      telemetry: (event) => event.type === "trouble" && this.troubles.push(event.message),
      userAgent: "sls2hec/test",
    }, new AbortController().signal);
  }

  /** Points the program to the emulator; nothing of Splunk. */
  get env(): Record<string, string> {
    return {
      SLS_ENDPOINT: this.sls.url,
      SLS_AK_ID: "id",
      SLS_AK_KEY: "secret",
      SLS_PROJECT: P,
      SLS_LOGSTORE: L,
      SLS_CG: "g",
    };
  }

  get source(): CheckpointSource {
    return this.#checkpoints.sources[0]!;
  }

  /** Writes one log group. */
  append(shard: number, receivedSec: number): void {
    const logs = [{ timeSec: receivedSec, contents: [["id", "x"]] as [string, string][] }];
    this.sls.data.append(
      { project: P, logstore: L, shard },
      encodeLogGroup({ topic: "", logs }),
      receivedSec,
    );
  }

  /** The cursor of a position in shard 0. */
  cursorAt(position: number, shard = 0): string {
    return this.sls.data.cursorAt({ project: P, logstore: L, shard }, position);
  }

  expireBefore(position: number): void {
    this.sls.data.expireBefore({ project: P, logstore: L, shard: 0 }, position);
  }

  /** The stored checkpoints, by shard. */
  get stored(): Record<number, string> {
    const { shards } = this.sls.data.consumerGroup({ project: P, logstore: L }, "g");
    return Object.fromEntries(shards.map(({ id, checkpoint }) => [id, checkpoint]));
  }

  /** Consumers that the group knows. */
  get consumers(): string[] {
    return this.sls.data.consumerGroup({ project: P, logstore: L }, "g").consumers;
  }

  /** The group's calls, for what only a consumer does. */
  get group(): ConsumerGroup {
    return this.source.group as ConsumerGroup;
  }

  async createGroup(timeoutSec = 60): Promise<void> {
    await this.group.create({ timeoutSec, inOrder: false });
  }

  /** A consumer joins and is given its shards. */
  async join(consumer: string): Promise<void> {
    await this.group.heartbeat(consumer, [], 60_000);
  }

  /** It stops, and its time is over. */
  forget(consumer: string): void {
    this.sls.data.forgetConsumer({ project: P, logstore: L }, "g", consumer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#checkpoints[Symbol.dispose]();
    await this.sls[Symbol.asyncDispose]();
  }
}
