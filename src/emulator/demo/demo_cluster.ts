import type { Clock } from "../../base/clock.ts";
import { yieldToEventLoop } from "../../base/runtime.ts";
import { HecEmulator } from "../hec/hec_emulator.ts";
import { HttpServer } from "../http/http_server.ts";
import { encodeLogGroup } from "../core/sls/encode_log_group.ts";
import { SlsEmulator } from "../sls/sls_emulator.ts";
import { demoLogGroup } from "./demo_logs.ts";
import { ServedLogs } from "./served_logs.ts";
import { type DemoLedger, IdLedger } from "./id_ledger.ts";

const PROJECT = "demo-project";
const LOGSTORE = "demo-logstore";
const SHARDS = 4;
const LOGS_PER_GROUP = 100;

export interface DemoClusterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly uuid: () => string;
  /** 0, the default, takes a free port. */
  readonly slsPort?: number;
  readonly hecPort?: number;
  /** Of the logstore. Default 4. */
  readonly shards?: number;
}

/** What a client needs to read from the one and write to the other. */
export interface DemoAccess {
  readonly sls: string;
  readonly hec: string;
  readonly token: string;
  readonly access_key_id: string;
  readonly access_key_secret: string;
  readonly project: string;
  readonly logstore: string;
  /** Answers the ledger as JSON. */
  readonly ledger: string;
}

/**
 * An SLS with a logstore of a few shards and a HEC, both in this process, and a ledger that knows each log
 * written to the one and finds it in the other.
 */
export class DemoCluster implements AsyncDisposable {
  readonly access: DemoAccess;
  readonly sls: SlsEmulator;
  readonly hec: HecEmulator;
  readonly #options: DemoClusterOptions;
  readonly #ids: IdLedger;
  readonly #ledgerServer: HttpServer;
  readonly #startMs: number;
  readonly #servedLogs = new ServedLogs();
  readonly #shards: number;
  #writtenBytes = 0;
  #deliveredBytes = 0;
  #nextShard = 0;

  constructor(options: DemoClusterOptions) {
    this.#options = options;
    const { clock, uuid, shards = SHARDS } = options;
    this.#shards = shards;
    this.#startMs = clock.monotonicMs();
    const key = { id: `LTAI-demo-${uuid().slice(0, 8)}`, secret: uuid() };
    const token = uuid();
    this.#ids = new IdLedger(uuid().slice(0, 8));
    this.sls = SlsEmulator.start({
      accessKeys: [key],
      projects: [{ name: PROJECT, logstores: [{ name: LOGSTORE, shards }] }],
      clock,
      port: options.slsPort ?? 0,
    });
    this.sls.onPull(({ shard, cursor, nextCursor }) => {
      const positionOf = (at: string) => this.sls.data.positionOf(this.#ref(shard), at) ?? 0;
      this.#servedLogs.pulled(shard, positionOf(cursor), positionOf(nextCursor));
    });
    this.hec = HecEmulator.start({
      tokens: [{ token, name: "demo" }],
      clock,
      port: options.hecPort ?? 0,
      store: "none",
      onEvent: ({ body, start, end }) => {
        this.#deliveredBytes += end - start;
        this.#ids.deliver(body, start, end);
      },
    });
    this.#ledgerServer = HttpServer.start({
      clock,
      handler: () => ({
        status: 200,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(this.ledger),
      }),
    });
    this.access = {
      sls: this.sls.url,
      hec: this.hec.url,
      token,
      access_key_id: key.id,
      access_key_secret: key.secret,
      project: PROJECT,
      logstore: LOGSTORE,
      ledger: `${this.#ledgerServer.url}/`,
    };
  }

  get ledger(): DemoLedger {
    const { written, delivered, duplicates } = this.#ids;
    return {
      written,
      fetched: this.#servedLogs.logs,
      delivered,
      duplicates,
      missing: written - delivered,
      seconds: Math.round((this.#options.clock.monotonicMs() - this.#startMs) / 10) / 100,
    };
  }

  /** Bytes of the log groups written so far, before compression. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Bytes of the events that HEC has taken so far. */
  get deliveredBytes(): number {
    return this.#deliveredBytes;
  }

  /** Writes `count` logs, spread over the shards. */
  async write(count: number): Promise<void> {
    const { clock, random } = this.#options;
    for (let left = count; left > 0;) {
      const logs = Math.min(left, LOGS_PER_GROUP);
      left -= logs;
      const first = this.#ids.write(logs);
      const group = encodeLogGroup(
        demoLogGroup(logs, clock.nowMs(), random, (i) => this.#ids.idOf(first + i)),
      );
      const shard = this.#nextShard;
      this.#nextShard = (shard + 1) % this.#shards;
      this.#servedLogs.written(shard, this.sls.data.append(this.#ref(shard), group), logs);
      this.#writtenBytes += group.length;
      if (left > 0 && first % (LOGS_PER_GROUP * 10) === 0) await yieldToEventLoop();
    }
  }

  /** Forgets what every consumer group has read, so that a long demo keeps its memory flat. */
  trim(): void {
    this.sls.data.trimConsumed({ project: PROJECT, logstore: LOGSTORE });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ledgerServer.close();
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
  }

  #ref(shard: number) {
    return { project: PROJECT, logstore: LOGSTORE, shard };
  }
}
