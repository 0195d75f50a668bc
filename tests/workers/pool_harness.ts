import { fixedToken } from "../../src/hec/hec_token.ts";
import type { ShardEnd, ShardJob, ShardListener } from "../../src/consumer/ports.ts";
import { Recorder, reportOf } from "../consumer/recorder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import type { DeadLetter } from "../../src/dead_letters/dead_letter.ts";
import { RemoteDataPlane } from "../../src/workers/remote_data_plane.ts";
import type { MainServices } from "../../src/workers/main_services.ts";
import { WorkerPool } from "../../src/workers/worker_pool.ts";
import type { FromIsolate, ToIsolate } from "../../src/workers/isolate_link.ts";
import type {
  DataPlaneWorkerLike,
  FromWorker as FromDataPlane,
  ToWorker as ToDataPlane,
} from "../../src/workers/worker_messages.ts";

import { fixedCredentials } from "../../src/sls/credentials.ts";
import { Secret } from "../../src/base/secret.ts";
import { noTlsFiles } from "../../src/base/tls_files.ts";

type FromWorker = FromIsolate<FromDataPlane>;
type ToWorker = ToIsolate<ToDataPlane>;

const TOKEN = fixedToken(new Secret("token"));
const CREDENTIALS = fixedCredentials({ accessKeyId: "id", accessKeySecret: new Secret("key") });

/** A worker that the test moves. It listens and answers pings until the test stops it. */
export class FakeWorker implements DataPlaneWorkerLike {
  #onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly heard: ToWorker[] = [];
  answers = true;
  terminated = false;

  readonly #listens: boolean;

  /** @param listens Whether it does so from the start. */
  constructor(listens = true) {
    this.#listens = listens;
  }

  get onmessage() {
    return this.#onmessage;
  }

  set onmessage(listener) {
    this.#onmessage = listener;
    if (this.#listens) this.say({ type: "listening" });
  }

  postMessage(message: ToWorker): void {
    this.heard.push(message);
    if (message.type === "ping" && this.answers) this.say({ type: "pong" });
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.(new MessageEvent("message", { data: message }));
  }

  of<T extends ToWorker["type"]>(type: T): Extract<ToWorker, { type: T }>[] {
    return this.heard.filter((message): message is Extract<ToWorker, { type: T }> =>
      message.type === type
    );
  }

  /** Pulls and finishes one page of a run. */
  deliver(run: number, seq: number, nextCursor: string): void {
    this.say({ type: "pulled", run, seq, nextCursor });
    this.say({ type: "done", run, seq, report: reportOf(1) });
  }
}

/** One shard's run, as the engine sees it. */
export class WatchedRun {
  readonly revoked = new AbortController();
  readonly lost = new AbortController();
  readonly reported: string[] = [];
  end: ShardEnd | undefined;
  error: unknown;

  get how(): ShardEnd["kind"] | undefined {
    return this.end?.kind;
  }

  constructor(plane: RemoteDataPlane, shard: number, failure?: Error) {
    const job: ShardJob = {
      shard,
      cursor: `c${shard}`,
      revoked: this.revoked.signal,
      lost: this.lost.signal,
    };
    const listener: ShardListener = {
      pulled: ({ seq, nextCursor }) => {
        if (failure) throw failure;
        this.reported.push(`pulled ${seq} ${nextCursor}`);
      },
      done: ({ seq, report }) => this.reported.push(`done ${seq} ${report.delivered}`),
      rewound: (seq) => this.reported.push(`rewound ${seq}`),
      caughtUp: () => this.reported.push("caught up"),
    };
    plane.run(job, listener).then((end) => this.end = end, (error) => this.error = error);
  }
}

/** A pool of workers that the test moves, and the plane of its source p/l. */
export class PoolHarness implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly recorder = new Recorder();
  readonly workers: FakeWorker[] = [];
  readonly letters: { letter: DeadLetter; written: () => void; signal: AbortSignal }[] = [];
  startFailure: Error | undefined;
  /** Whether new workers listen from the start. */
  listens = true;
  /** Whether new workers answer pings. */
  answers = true;
  readonly pool: WorkerPool;
  readonly plane: RemoteDataPlane;

  constructor(workers: number, services: Partial<MainServices> = {}) {
    const { clock } = this;
    const { telemetry } = this.recorder;
    this.pool = new WorkerPool({ clock, telemetry, random: () => 0.5 }, {
      workers,
      start: () => {
        if (this.startFailure) throw this.startFailure;
        const worker = new FakeWorker(this.listens);
        worker.answers = this.answers;
        this.workers.push(worker);
        return worker;
      },
      setupOf: (index) => ({ index, secret: new Secret("s") }),
      services: {
        deadLetters: {
          park: (letter, signal) => {
            const { promise, resolve, reject } = Promise.withResolvers<void>();
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
            this.letters.push({ letter, written: resolve, signal });
            return promise;
          },
        },
        sls: () => ({ tls: noTlsFiles, credentials: CREDENTIALS }),
        hec: () => ({ tls: noTlsFiles, token: TOKEN }),
        ...services,
      },
    });
    this.plane = new RemoteDataPlane(this.pool, "p/l");
  }

  run(shard: number, failure?: Error): WatchedRun {
    return new WatchedRun(this.plane, shard, failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
  }
}
