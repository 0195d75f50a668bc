import { App } from "../../src/app/app.ts";
import type { Clock } from "../../src/base/clock.ts";
import { LocalProxyBreakers } from "../../src/base/proxy_breakers.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";

/** The program in this process, on a configuration; ends with its block. */
export class AppRun implements AsyncDisposable {
  readonly events: TelemetryEvent[] = [];
  readonly app: App;
  readonly #stop = new AbortController();
  readonly #end: Promise<{ abandonedShards: number }>;

  constructor(
    settings: Record<string, unknown>,
    env: Record<string, string> = {},
    clock: Clock = fastClock(20),
    startWorker = startDataPlaneWorker,
  ) {
    const loaded = loadConfig({
      text: JSON.stringify(settings),
      fileName: "test",
      env: (name) => env[name],
      readFile: (path) => Deno.readTextFileSync(path),
    });
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    this.app = new App(loaded.config, {
      clock,
      random: Math.random,
      proxies: new LocalProxyBreakers({ clock, random: Math.random }),
      uuid: () => crypto.randomUUID(),
      hostname: () => "test-host",
      pid: Deno.pid,
      cores: 1, // workers would not live by the test's clock
      startWorker,
      readTextFile: (path) => Deno.readTextFileSync(path),
      telemetry: (event) => this.events.push(event),
      userAgent: "sls2hec/test",
    });
    this.#end = this.app.run(this.#stop.signal);
    // Until the block ends a failure cannot be reported; then it is thrown.
    this.#end.catch(() => {});
  }

  /** How it ended; without `stop` it ends by a failure alone. */
  get ended(): Promise<{ abandonedShards: number }> {
    return this.#end;
  }

  /** Messages of trouble so far. */
  get troubles(): string[] {
    return this.events.filter((event) => event.type === "trouble").map(({ message }) => message);
  }

  /** Stops it and gives how it ended. */
  async stop(): Promise<{ abandonedShards: number }> {
    this.#stop.abort(new DOMException("The test is over", "AbortError"));
    return await this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
