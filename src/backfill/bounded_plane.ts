import type { DataPlane, ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import { isAtEnd } from "./backfill_plan.ts";

/** A data plane that gives a shard back once it is read to its end, with everything before it done. */
export class BoundedPlane implements DataPlane {
  readonly #plane: DataPlane;
  readonly #endOf: (shard: number) => string;

  constructor(plane: DataPlane, endOf: (shard: number) => string) {
    this.#plane = plane;
    this.#endOf = endOf;
  }

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const end = this.#endOf(job.shard);
    if (isAtEnd(job.cursor, end)) return { kind: "drained" };
    const reached = new AbortController();
    const stop = () => reached.abort(job.revoked.reason);
    if (job.revoked.aborted) stop();
    job.revoked.addEventListener("abort", stop, { once: true });
    // Not as soon as the last page is pulled: it may prove unreadable, and is pulled again then.
    const open = new Set<number>();
    let last: string | undefined;
    try {
      return await this.#plane.run({ ...job, revoked: reached.signal }, {
        pulled: (page) => {
          listener.pulled(page);
          open.add(page.seq);
          last = page.nextCursor;
        },
        done: (page) => {
          listener.done(page);
          open.delete(page.seq);
          if (open.size > 0 || last === undefined || !isAtEnd(last, end)) return;
          reached.abort(new DOMException("The shard is read to the end", "AbortError"));
        },
        rewound: (seq) => {
          listener.rewound(seq);
          for (const page of open) if (page >= seq) open.delete(page);
          last = undefined;
        },
        caughtUp: () => listener.caughtUp(),
      });
    } finally {
      job.revoked.removeEventListener("abort", stop);
    }
  }

  async notify(
    event: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#plane.notify(event, signal);
  }
}
