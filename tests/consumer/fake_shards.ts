import type { ShardStart } from "../../src/base/cursor.ts";
import type { ShardsPort } from "../../src/consumer/ports.ts";
import { type Fault, obey } from "./fault.ts";

type Call = "list" | "cursorAt" | "cursorTimeSec";

/** Shards that answer as the test says. */
export class FakeShards implements ShardsPort {
  readonly readOnly = new Set<number>();
  /** Cursors of the ends; a time gives `at-<seconds>`. */
  begin = "begin-cursor";
  end = "end-cursor";
  timeSec = 1_790_000_000;
  /** Cursors whose time the server does not know. */
  readonly expired = new Set<string>();
  fault: (call: Call) => Fault | undefined = () => undefined;

  readonly places: ShardStart[] = [];
  /** Cursors whose time was asked. */
  readonly times: string[] = [];
  listed = 0;

  /** Of the server; the test's clock when it is wired to one. */
  serverNowMs: () => number = () => Date.UTC(2026, 9, 6, 8, 30, 0);

  async list(signal?: AbortSignal) {
    this.listed++;
    await obey(this.fault("list"), signal);
    return [0, 1, 2, 3].map((shard) => ({ shard, readOnly: this.readOnly.has(shard) }));
  }

  async cursorAt(_shard: number, place: ShardStart, signal?: AbortSignal): Promise<string> {
    this.places.push(place);
    await obey(this.fault("cursorAt"), signal);
    if (typeof place !== "string") return `at-${place.unixSec}`;
    return place === "begin" ? this.begin : this.end;
  }

  async cursorTimeSec(_shard: number, cursor: string, signal?: AbortSignal): Promise<number> {
    this.times.push(cursor);
    await obey(this.fault("cursorTimeSec"), signal);
    if (this.expired.has(cursor)) throw new Error("InvalidCursor");
    return this.timeSec;
  }
}
