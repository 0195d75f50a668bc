import type { LoadCounts, LoadOptions } from "./load_servers.ts";
import type { FromLoadWorker, ToLoadWorker } from "./load_worker.ts";

/** The load servers on a separate thread, to separate their CPU time from the client's. */
export class LoadInWorker implements Disposable {
  readonly #worker: Worker;
  readonly slsUrl: string;
  readonly hecUrl: string;

  private constructor(worker: Worker, urls: { slsUrl: string; hecUrl: string }) {
    this.#worker = worker;
    this.slsUrl = urls.slsUrl;
    this.hecUrl = urls.hecUrl;
  }

  /**
   * @throws {Error} when the thread cannot be started or cannot listen.
   */
  static async start(options: LoadOptions): Promise<LoadInWorker> {
    const worker = new Worker(new URL("./load_worker.ts", import.meta.url).href, {
      type: "module",
    });
    try {
      const started = await ask(worker, { kind: "start", options });
      if (started.kind === "failed") throw new Error(started.reason);
      if (started.kind !== "started") throw new Error("The load servers did not start");
      return new LoadInWorker(worker, started);
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  async counts(): Promise<LoadCounts> {
    const answer = await ask(this.#worker, { kind: "count" });
    if (answer.kind !== "counts") throw new Error("The load servers did not count");
    return answer.counts;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** Sends one message and waits for its answer: the next message of the worker. */
function ask(worker: Worker, message: ToLoadWorker): Promise<FromLoadWorker> {
  const { promise, resolve, reject } = Promise.withResolvers<FromLoadWorker>();
  worker.onmessage = ({ data }: MessageEvent<FromLoadWorker>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`The load servers failed: ${event.message}`));
  };
  worker.postMessage(message);
  return promise;
}
