import type { Clock } from "../../base/clock.ts";
import { yieldToEventLoop } from "../../base/runtime.ts";
import { HecService } from "../core/hec/hec_service.ts";
import { PlainServer } from "../core/plain_server.ts";
import { CLIENT_CALLS } from "../core/sls/api_calls.ts";
import { encodeLogGroup } from "../core/sls/encode_log_group.ts";
import type { CheckpointEvent } from "../core/sls/events.ts";
import type { Logstore } from "../core/sls/logstore.ts";
import { SlsService } from "../core/sls/sls_service.ts";
import { SlsStore } from "../core/sls/sls_store.ts";
import { demoLogGroup } from "./demo_logs.ts";
import { type DemoLedger, IdLedger } from "./id_ledger.ts";
import { ServedLogs } from "./served_logs.ts";

const PROJECT = "demo-project";
const LOGSTORE = "demo-logstore";
const SHARDS = 4;
const LOGS_PER_GROUP = 100;

interface DemoClusterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly uuid: () => string;
  /** 0, the default, takes a free port. */
  readonly slsPort?: number;
  readonly hecPort?: number;
  /** Of the logstore. Default 4. */
  readonly shards?: number;
  /** Called within every accepted UpdateCheckPoint. */
  readonly onCheckpoint?: (event: CheckpointEvent) => void;
}

/** What a client needs to read from SLS and to write to HEC. */
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
 * An SLS with one logstore and a HEC, both in this process, and a ledger that knows each log written
 * to SLS and finds it in HEC.
 */
export class DemoCluster implements AsyncDisposable {
  readonly access: DemoAccess;
  /** Where the logs are written. */
  readonly logstore: Logstore;
  readonly #options: DemoClusterOptions;
  readonly #ids: IdLedger;
  readonly #servers: readonly PlainServer[];
  readonly #startMs: number;
  readonly #store: SlsStore;
  readonly #servedLogs = new ServedLogs();
  #writtenBytes = 0;
  #deliveredBytes = 0;
  #nextShard = 0;

  /**
   * Listens at once.
   *
   * @throws {OperatorError} when a port is taken.
   */
  constructor(options: DemoClusterOptions) {
    this.#options = options;
    const { clock, uuid, shards = SHARDS, onCheckpoint } = options;
    this.#startMs = clock.monotonicMs();
    const key = { id: `LTAI-demo-${uuid().slice(0, 8)}`, secret: uuid() };
    const token = uuid();
    this.#ids = new IdLedger(uuid().slice(0, 8));
    this.#store = new SlsStore(clock);
    this.logstore = this.#store.createLogstore(this.#store.createProject(PROJECT), {
      name: LOGSTORE,
      shards,
    });
    const slsService = new SlsService({
      clock,
      store: this.#store,
      accessKeys: [key],
      calls: CLIENT_CALLS,
      observer: {
        onPull: ({ shard, cursor, nextCursor }) => {
          const { log } = this.logstore.shard(shard);
          const from = log.positionOf(cursor) ?? 0;
          this.#servedLogs.pulled(shard, from, log.positionOf(nextCursor) ?? 0);
        },
        ...(onCheckpoint && { onCheckpoint }),
      },
    });
    const hecService = new HecService({ token, name: "demo" }, (body, { start, end }) => {
      this.#deliveredBytes += end - start;
      this.#ids.deliver(body, start, end);
    });
    const sls = new PlainServer((request) => slsService.handle(request), options.slsPort);
    const hec = new PlainServer((request) => hecService.handle(request), options.hecPort);
    const ledger = new PlainServer(() => ({
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(this.ledger),
    }));
    this.#servers = [ledger, hec, sls];
    this.access = {
      sls: sls.url,
      hec: hec.url,
      token,
      access_key_id: key.id,
      access_key_secret: key.secret,
      project: PROJECT,
      logstore: LOGSTORE,
      ledger: `${ledger.url}/`,
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

  /** Bytes of the events that HEC has accepted so far. */
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
      this.#nextShard = (shard + 1) % this.logstore.shards.size;
      const { log } = this.logstore.shard(shard);
      this.#servedLogs.written(shard, log.end, logs);
      log.append(group, this.#store.nowSec);
      this.#writtenBytes += group.length;
      if (left > 0 && first % (LOGS_PER_GROUP * 10) === 0) await yieldToEventLoop();
    }
  }

  /** Drops what every consumer group has committed, so that a long demo keeps its memory flat. */
  trim(): void {
    this.logstore.trimConsumed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
  }
}
