import { type AppDeps, systemDeps } from "./deps.ts";
import { systemClock } from "../base/clock.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { troubleOf } from "../base/trouble_of.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { allowedHosts } from "../config/allowed_hosts.ts";
import type { DataPlane } from "../consumer/ports.ts";
import { SourceConsumer } from "../consumer/source_consumer.ts";
import { DeadLetterFolder } from "../dead_letters/dead_letter_folder.ts";
import { startProgramLog } from "../observe/program_log.ts";
import { makeHecToken } from "./make_hec_token.ts";
import { makeSlsCredentials } from "./sls_credentials.ts";
import { makeHecTlsFiles, makeSlsTlsFiles } from "./make_tls_files.ts";
import { Ledger, type LedgerEntry } from "../ledger/ledger.ts";
import { LedgerFile } from "../ledger/ledger_file.ts";
import { ConsumerGroup } from "../sls/consumer_group.ts";
import { Logstore } from "../sls/logstore.ts";
import { Shards } from "../sls/shards.ts";
import { SlsConnections } from "./open_sls.ts";
import { workerCount } from "../config/worker_count.ts";
import { reportConfig } from "./report_config.ts";

/** What a run came to. */
export interface AppEnd {
  /** Shards that had logs in hand when the time to drain was over; they stay in SLS. */
  readonly abandonedShards: number;
}

/**
 * Forwards as configured until `stop` aborts, with its own log.
 * @param userAgent Product and version, for both servers.
 * @param onStart Given the log when it is open, to report what was before.
 * @throws {OperatorError} when a file that the configuration names cannot be used.
 */
export async function runApp(
  config: Config,
  userAgent: string,
  stop: AbortSignal,
  onStart: (telemetry: Telemetry) => void = () => {},
): Promise<AppEnd> {
  await using log = await startProgramLog(config.log, systemClock);
  onStart(log.telemetry);
  return await new App(config, systemDeps(log.telemetry, userAgent)).run(stop);
}

/** Forwards the logs of all configured sources. */
export class App {
  readonly #config: Config;
  readonly #deps: AppDeps;
  readonly #ledger = new Ledger();

  constructor(config: Config, deps: AppDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** What became of the logs so far. */
  get ledger(): LedgerEntry[] {
    return this.#ledger.entries();
  }

  /**
   * Runs until `stop` aborts and what is in hand is delivered, or the time for that is over.
   * @throws {OperatorError} when a certificate or key file cannot be used or no worker started; every failure of the
   * outside is tried again instead.
   */
  async run(stop: AbortSignal): Promise<AppEnd> {
    const config = this.#config;
    const { clock, telemetry } = this.#deps;
    reportConfig(config, telemetry);
    const { ledger } = config;
    using ledgerFile = ledger.file === undefined
      ? undefined
      : await LedgerFile.open(ledger.file, clock, (error) => {
        const next = Math.min(
          ...config.sources.map(({ consumer }) => consumer.checkpointIntervalMs),
        );
        telemetry(troubleOf("ledger", error, "", next));
      });
    this.#ledger.file = ledgerFile;
    using credentials = makeSlsCredentials(config.sls.credentials, this.#deps);
    const hecToken = makeHecToken(config.hec.token, this.#deps);
    const slsTls = makeSlsTlsFiles(config.sls, this.#deps);
    const hecTls = makeHecTlsFiles(config.hec, this.#deps);
    using slsConnections = new SlsConnections(config.sls, credentials, slsTls, this.#deps);
    await using deadLetters = new DeadLetterFolder(this.#deps, config.deadLetters);
    const shared = { ...this.#deps, deadLetters, hecToken, hecTls };
    const workers = workerCount(config, this.#deps.cores);
    telemetry({ type: "data_plane", workers, hosts: allowedHosts(config) });
    await using planes = workers === 0
      ? new (await import("./local_data_plane.ts")).LocalDataPlane(config, {
        ...shared,
        slsConnections,
      })
      : new (await import("./worker_data_plane.ts")).WorkerPlanes(config, workers, {
        ...shared,
        credentials,
        slsTls,
      });
    let abandonedShards = 0;
    await using sources = new TaskGroup();
    if ("proveStart" in planes) {
      // Its modules load while the first source joins its group.
      sources.spawn("the first worker", async (failed) => {
        await planes.proveStart(AbortSignal.any([stop, failed]));
      });
    }
    for (const source of config.sources) {
      const consumer = this.#consumer(source, slsConnections, planes.add(source));
      sources.spawn(source.name, async (failed) => {
        abandonedShards += await consumer.run(AbortSignal.any([stop, failed]));
      });
    }
    sources.spawn("collectors", async (failed) => {
      // Once for the process, not for each worker; no source waits for it.
      const { makeCollectorCheck } = await import("./open_hec.ts");
      const check = makeCollectorCheck(config.hec, hecToken, hecTls, this.#deps);
      await check.run(AbortSignal.any([stop, failed]));
    });
    await sources.join();
    return { abandonedShards };
  }

  #consumer(
    source: SourceConfig,
    slsConnections: SlsConnections,
    dataPlane: DataPlane,
  ): SourceConsumer {
    const { project, logstore, consumer } = source;
    const requester = slsConnections.requesterOf(source);
    return new SourceConsumer(this.#deps, {
      name: source.name,
      consumer: consumer.name ?? this.#consumerName(consumer.group),
      wanted: {
        name: consumer.group,
        timeoutMs: consumer.groupTimeoutMs,
        inOrder: consumer.inOrder,
        update: consumer.updateGroup,
      },
      start: consumer.start,
      heartbeatIntervalMs: consumer.heartbeatIntervalMs,
      checkpointIntervalMs: consumer.checkpointIntervalMs,
      drainTimeoutMs: this.#config.drainTimeoutMs,
      group: new ConsumerGroup(requester, project, logstore, consumer.group),
      shards: new Shards(requester, project, logstore),
      logstore: new Logstore(requester, project, logstore),
      dataPlane,
      ledger: this.#ledger,
    });
  }

  /** Unique for each process, also where all containers are called alike and have process id 1. */
  #consumerName(group: string): string {
    const { hostname, pid, uuid } = this.#deps;
    return `${group}-${hostname()}-${pid}-${uuid().slice(0, 8)}`;
  }
}
