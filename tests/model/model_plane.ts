import { NO_LOGS } from "../../src/base/log_counts.ts";
import type { Clock } from "../../src/base/clock.ts";
import type {
  DataPlane,
  PageReport,
  ShardEnd,
  ShardJob,
  ShardListener,
} from "../../src/consumer/ports.ts";
import type { ModelProcess, Weather } from "./model_process.ts";
import type { ModelServer } from "./model_server.ts";

const FETCH_INTERVAL_MS = 2000;
const RETRY_MS = 1500;
const PAGES_IN_HAND = 3;
const PAGE_MOST_GROUPS = 5;

/** A data plane without bytes: pulls positions, keeps some pages undelivered, then has HEC take them. */
export class ModelPlane implements DataPlane {
  readonly running = new Set<number>();
  readonly #process: ModelProcess;
  readonly #server: ModelServer;
  readonly #clock: Clock;
  readonly #weather: Weather;
  readonly #random: () => number;

  constructor(
    process: ModelProcess,
    server: ModelServer,
    clock: Clock,
    weather: Weather,
    random: () => number,
  ) {
    this.#process = process;
    this.#server = server;
    this.#clock = clock;
    this.#weather = weather;
    this.#random = random;
  }

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const { shard, revoked, lost } = job;
    if (this.running.has(shard)) throw new Error(`shard ${shard} is run twice at once`);
    this.running.add(shard);
    const inHand = new Set<Promise<void>>();
    const stopPulling = AbortSignal.any([revoked, lost]);
    try {
      await this.#pull(job, listener, inHand, stopPulling);
    } catch (error) {
      if (!stopPulling.aborted) throw error;
    }
    await Promise.all(inHand);
    this.running.delete(shard);
    return lost.aborted ? { kind: "lost" } : { kind: "drained" };
  }

  notify(): Promise<void> {
    return Promise.reject(new Error("Nothing expires in the model: there is nothing to report"));
  }

  async #pull(
    { shard, cursor, lost }: ShardJob,
    listener: ShardListener,
    inHand: Set<Promise<void>>,
    stopPulling: AbortSignal,
  ): Promise<void> {
    let at = cursor;
    for (let seq = 0;;) {
      stopPulling.throwIfAborted();
      const count = 1 + Math.floor(this.#random() * PAGE_MOST_GROUPS);
      let page;
      try {
        page = await this.#process.call(
          "pull",
          stopPulling,
          () => this.#server.page(shard, at, count),
        );
      } catch {
        await this.#clock.sleep(RETRY_MS, stopPulling);
        continue;
      }
      if (!page) {
        listener.caughtUp();
        await this.#clock.sleep(FETCH_INTERVAL_MS, stopPulling);
        continue;
      }
      const number = seq++;
      at = page.nextCursor;
      listener.pulled({ seq: number, nextCursor: at });
      const delivery = this.#deliver(shard, page.from, page.to, lost)
        .then((done) =>
          done && listener.done({ seq: number, report: reportOf(page.to - page.from) })
        )
        .then(() => void inHand.delete(delivery));
      inHand.add(delivery);
      while (inHand.size >= PAGES_IN_HAND) await Promise.race([...inHand, ends(stopPulling)]);
    }
  }

  /** @returns false when the shard was lost first. What is sent counts as taken at once: the worst case. */
  async #deliver(shard: number, from: number, to: number, lost: AbortSignal): Promise<boolean> {
    try {
      for (;;) {
        lost.throwIfAborted();
        const hecMs = this.#weather.hecMs();
        if (hecMs !== undefined) {
          this.#server.judge.delivered(this.#process, shard, from, to, this.#process.nowMs);
          await this.#clock.sleep(hecMs, lost);
          lost.throwIfAborted();
          return true;
        }
        await this.#clock.sleep(RETRY_MS, lost);
      }
    } catch {
      return false;
    }
  }
}

function reportOf(delivered: number): PageReport {
  return { ...NO_LOGS, pages: 1, delivered };
}

async function ends(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  await promise;
}
