import { type AppDeps, systemDeps } from "./deps.ts";
import { systemClock } from "../base/clock.ts";
import { PullRates } from "../base/pull_rates.ts";
import { untilAborted } from "../base/on_abort.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { Incident } from "../base/incident.ts";
import { dataPlaneHosts } from "../config/data_plane_hosts.ts";
import type { Config } from "../config/config.ts";
import { collectorsOf, itemsOf } from "../config/items.ts";
import { workerCount } from "../config/worker_count.ts";
import { DeadLetterFolder } from "../dead_letters/dead_letter_folder.ts";
import { Ledger, type LedgerEntry } from "../ledger/ledger.ts";
import { LedgerFile } from "../ledger/ledger_file.ts";
import { startProgramLog } from "../observe/program_log.ts";
import { openHecClients } from "./hec_clients.ts";
import { openSls } from "./open_sls.ts";
import { Discovery } from "./discovery.ts";
import { reportConfig } from "./report_config.ts";
import { Sources } from "./sources.ts";

/** The result of a run. */
export interface AppEnd {
  /** Shards that were not delivered to the end when the time to drain was over; their logs stay in SLS. */
  readonly abandonedShards: number;
}

/** Forwards the logs of all configured sources. Dispose it when it was opened with a log. */
export class App implements AsyncDisposable {
  readonly #config: Config;
  readonly #deps: AppDeps;
  readonly #log: AsyncDisposable | undefined;
  readonly #ledger = new Ledger();

  /**
   * @param log Flushed when the app is disposed.
   */
  constructor(config: Config, deps: AppDeps, log?: AsyncDisposable) {
    this.#config = config;
    this.#deps = deps;
    this.#log = log;
  }

  /**
   * The app on the real system, with the log that the configuration describes.
   * @param userAgent Product and version, for both servers.
   * @throws {OperatorError} when the file of the log cannot be opened.
   */
  static async open(config: Config, userAgent: string): Promise<App> {
    const log = await startProgramLog(config.log, systemClock);
    return new App(config, systemDeps(log.telemetry, userAgent), log);
  }

  /** Takes what is reported of the app. */
  get telemetry(): Telemetry {
    return this.#deps.telemetry;
  }

  /** What became of the logs so far. */
  get ledger(): LedgerEntry[] {
    return this.#ledger.entries();
  }

  /**
   * Forwards all sources until `stop` aborts, and what was pulled is delivered or the time to drain is over.
   * @throws {OperatorError} when a certificate or key file cannot be used or no worker can be started. Every failure of
   * the servers is retried instead.
   */
  async run(stop: AbortSignal): Promise<AppEnd> {
    const [config, deps] = [this.#config, this.#deps];
    const { telemetry } = deps;
    reportConfig(config, telemetry);
    using ledgerFile = await this.#openLedgerFile();
    this.#ledger.file = ledgerFile;
    using sls = openSls(deps);
    await using hec = openHecClients(deps);
    const collectors = collectorsOf(config);
    for (const each of collectors) hec.secretsFor(each); // at the start, with the errors of files
    await using deadLetters = new DeadLetterFolder(deps, config.deadLetters);
    const workers = workerCount(config, deps.cores);
    telemetry({ type: "data_plane", workers, hosts: dataPlaneHosts(config) });
    const rates = new PullRates(deps.clock);
    // Modules are loaded only where they are used: with workers, the main isolate needs no core.
    const secrets = { sls, hec };
    await using dataPlanes = workers === 0
      ? new (await import("./local_data_plane.ts")).LocalDataPlane(config, {
        env: deps,
        sls,
        hec,
        deadLetters,
        pullRateOf: ({ name }) => rates.of(name),
      })
      : (await import("./worker_data_plane.ts"))
        .workerDataPlane(config, workers, { secrets, deadLetters, rates }, deps);
    const ledger = this.#ledger;
    await using tasks = new TaskGroup();
    const stopSources = AbortSignal.any([stop, tasks.signal]);
    await using sources = new Sources(
      config,
      { sls, dataPlanes, ledger, rates },
      deps,
      stopSources,
    );
    if ("proveStart" in dataPlanes) {
      // Its modules load while the first source joins its group.
      tasks.spawn("the first worker", async (failed) => {
        await dataPlanes.proveStart(AbortSignal.any([stop, failed]));
      });
    }
    for (const source of config.sources) sources.add(source);
    const discovery = new Discovery(config, { sls, sources }, deps);
    for (const pattern of config.patterns) {
      tasks.spawn(pattern.name, async (failed) => {
        const signal = AbortSignal.any([stop, failed]);
        try {
          await discovery.run(pattern, signal);
        } catch (error) {
          if (!stop.aborted || error !== signal.reason) throw error;
        }
      });
    }
    tasks.spawn("sources", async (failed) => {
      // Patterns add sources at any time.
      const ended = AbortSignal.any([stop, failed, sources.signal]);
      if (config.patterns.length > 0) await untilAborted(ended);
      await sources.join();
    });
    tasks.spawn("collectors", async (failed) => {
      // Once for the process, not for each worker; no source waits for it.
      await hec.check(collectors, AbortSignal.any([stop, failed]));
    });
    await tasks.join();
    return { abandonedShards: sources.abandonedShards };
  }

  /** Flushes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log?.[Symbol.asyncDispose]();
  }

  async #openLedgerFile(): Promise<LedgerFile | undefined> {
    const { ledger } = this.#config;
    if (ledger.file === undefined) return undefined;
    const incident = new Incident(this.#deps, "ledger");
    const retryInMs = Math.min(
      ...itemsOf(this.#config).map(({ consumer }) => consumer.checkpointIntervalMs),
    );
    return await LedgerFile.open(ledger.file, this.#deps.clock, (error) => {
      incident.failed(error, { hint: "", retryInMs });
    });
  }
}
