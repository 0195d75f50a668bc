import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { HecEmulatorOptions } from "../../src/emulator/hec/hec_emulator_options.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import type { CheckpointEvent } from "../../src/emulator/core/sls/events.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";

export const PROJECT = "p";
export const LOGSTORE = "l";
const KEY = { id: "id", secret: "secret" };

export interface OracleOptions {
  readonly shards: number;
  /** Days for which SLS keeps logs; 30 by default. */
  readonly ttlDays?: number;
  readonly hec?: Omit<HecEmulatorOptions, "store" | "onEvent" | "onIndexed" | "onLost">;
  /** Whether the token has indexer acknowledgement: only indexed events count then. */
  readonly acks?: boolean;
  /** Events that only the first of these indexes may hold. */
  readonly indexes?: readonly string[];
  /** New lines in the dead-letter files of all consumers since the last call. */
  readonly deadLetters?: () => Iterable<string>;
}

/** The result of a run. */
export interface Verdict {
  readonly written: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly parked: number;
  readonly missing: number;
  readonly checkpointsChecked: number;
  /** Promises that were broken, in words; empty when all were kept. */
  readonly violations: readonly string[];
}

/**
 * An SLS and a HEC that know of one another: every log has a number, and at every checkpoint write it is
 * checked that each log before it is in HEC (with acknowledgement: indexed) or in a dead-letter file.
 */
export class Oracle implements AsyncDisposable {
  readonly sls: SlsEmulator;
  readonly hec: HecEmulator;
  readonly token = "oracle-token";
  readonly violations: string[] = [];
  /** Numbers of the logs in the order in which HEC took them, resent ones again. */
  readonly arrivals: number[] = [];
  /** Events that are no log, but the program's own. */
  readonly notices: unknown[] = [];
  readonly #options: OracleOptions;
  /** By shard, the first log number of each group and one past its last. */
  readonly #groups = new Map<number, { from: number; to: number }[]>();
  /** By shard, the group before which everything has been checked. */
  readonly #checked = new Map<number, number>();
  /** By log number, how often it counts as safe in HEC. */
  readonly #safe: number[] = [];
  readonly #parked = new Set<number>();
  /** By request, the logs that wait to be indexed. */
  readonly #pending = new Map<number, number[]>();
  #checkpoints = 0;
  #corrupt = 0;

  constructor(options: OracleOptions) {
    this.#options = options;
    this.sls = SlsEmulator.start({
      accessKeys: [KEY],
      projects: [{
        name: PROJECT,
        logstores: [{ name: LOGSTORE, shards: options.shards, ttlDays: options.ttlDays ?? 30 }],
      }],
    });
    this.sls.onCheckpoint((event) => this.#check(event));
    this.hec = HecEmulator.start({
      ...options.hec,
      tokens: [{
        token: this.token,
        name: "oracle",
        useAck: options.acks ?? false,
        ...(options.indexes && { indexes: [...options.indexes], index: options.indexes[0]! }),
      }],
      store: "none",
      onEvent: (event) => {
        const number = numberIn(event.raw);
        if (number === undefined) return void this.notices.push(JSON.parse(event.raw));
        this.arrivals.push(number);
        const waiting = this.#pending.get(event.requestId);
        if (waiting) waiting.push(number);
        else this.#pending.set(event.requestId, [number]);
      },
      onIndexed: ({ origin }) => {
        for (const number of this.#pending.get(origin.requestId) ?? []) {
          this.#safe[number] = (this.#safe[number] ?? 0) + 1;
        }
        this.#pending.delete(origin.requestId);
      },
      onLost: ({ origin }) => this.#pending.delete(origin.requestId),
    });
  }

  /** Environment that leads `sls2hec` to the two servers. */
  get env(): Record<string, string> {
    return {
      SLS_ENDPOINT: this.sls.url,
      SLS_AK_ID: KEY.id,
      SLS_AK_KEY: KEY.secret,
      SLS_PROJECT: PROJECT,
      SLS_LOGSTORE: LOGSTORE,
      SLS_CG: "g",
      SPLUNK_HEC_URL: this.hec.url,
      SPLUNK_HEC_TOKEN: this.token,
    };
  }

  get written(): number {
    return this.#safe.length;
  }

  /** Logs that are neither safe in HEC nor parked. */
  get missing(): number {
    this.#readDeadLetters();
    return this.#safe.filter((times, number) => times === 0 && !this.#parked.has(number)).length;
  }

  /** Appends one log group to a shard. @param padding Bytes of an extra field of each log. */
  write(shard: number, logs: number, padding = 0): void {
    const from = this.#safe.length;
    const group = encodeLogGroup({
      topic: "t",
      source: "10.0.0.1",
      tags: [["__hostname__", "h"]],
      logs: Array.from({ length: logs }, (_, i) => ({
        timeSec: 1_759_739_400 + i,
        contents: [
          ["message", "something happened"],
          ...(padding > 0 ? [["padding", "x".repeat(padding)] as const] : []),
          ["id", `n-${from + i}-`],
        ],
      })),
    });
    for (let i = 0; i < logs; i++) this.#safe.push(0);
    const groups = this.#groups.get(shard) ?? [];
    groups.push({ from, to: from + logs });
    this.#groups.set(shard, groups);
    this.sls.data.append({ project: PROJECT, logstore: LOGSTORE, shard }, group);
  }

  verdict(): Verdict {
    const missing = this.missing;
    if (this.#corrupt > 0) this.violations.push(`${this.#corrupt} dead-letter lines hold no log`);
    return {
      written: this.written,
      delivered: this.#safe.filter((times) => times > 0).length,
      duplicates: this.#safe.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
      parked: this.#parked.size,
      missing,
      checkpointsChecked: this.#checkpoints,
      violations: this.violations,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
  }

  /** The promise itself: nothing before a checkpoint may be unsafe, at this very moment. */
  #check({ shard, position, consumer }: CheckpointEvent): void {
    this.#checkpoints++;
    const groups = this.#groups.get(shard) ?? [];
    if (position === undefined || position > groups.length) {
      this.violations.push(`${consumer} set shard ${shard} to a place that does not exist`);
      return;
    }
    const from = this.#checked.get(shard) ?? 0;
    for (let at = from; at < position; at++) {
      const unsafe = this.#unsafeIn(groups[at]!);
      if (unsafe !== undefined) {
        this.violations.push(
          `${consumer} set shard ${shard} to group ${position} with log ${unsafe} of group ${at} unsafe`,
        );
        return;
      }
    }
    this.#checked.set(shard, Math.max(from, position));
  }

  #unsafeIn({ from, to }: { from: number; to: number }): number | undefined {
    for (let number = from; number < to; number++) {
      if (this.#safe[number] || this.#parked.has(number)) continue;
      this.#readDeadLetters();
      if (!this.#parked.has(number)) return number;
    }
    return undefined;
  }

  #readDeadLetters(): void {
    for (const line of this.#options.deadLetters?.() ?? []) {
      const number = numberIn(line);
      if (number === undefined) this.#corrupt++;
      else this.#parked.add(number);
    }
  }
}

function numberIn(text: string): number | undefined {
  const found = /\bn-(\d+)-/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
