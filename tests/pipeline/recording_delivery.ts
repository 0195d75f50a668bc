import type { Batch } from "../../src/core/batch.ts";
import type { DeliveryReport } from "../../src/hec/delivery_context.ts";
import type { EventPlace } from "../../src/pipeline/shard_delivery.ts";
import { messagesOf } from "./pages.ts";

/** One batch that was handed over. */
export interface Delivered {
  readonly messages: string[];
  readonly places: EventPlace[];
  readonly bytes: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Ends it: all its events are accepted but the parked ones. */
  accept(counts?: Partial<Pick<DeliveryReport, "parked" | "resends" | "ackTimeouts">>): void;
  fail(error: Error): void;
  /** How it ended. */
  state: "open" | "accepted" | "failed" | "aborted";
}

/** Takes batches as HEC does, at once or when the test says so. */
export class RecordingDelivery {
  readonly batches: Delivered[] = [];
  /** Whether a batch waits for the test. */
  holding = false;

  /** All messages, in the order in which they were handed over. */
  get messages(): string[] {
    return this.batches.flatMap(({ messages }) => messages);
  }

  /** Batches that are under way. */
  get open(): Delivered[] {
    return this.batches.filter(({ state }) => state === "open");
  }

  readonly deliver = async (
    batch: Batch,
    placeOf: (at: number) => EventPlace,
    signal: AbortSignal,
  ): Promise<DeliveryReport> => {
    const { promise, resolve, reject } = Promise.withResolvers<DeliveryReport>();
    const batchSent: Delivered = {
      messages: messagesOf(batch),
      places: Array.from({ length: batch.count }, (_, at) => placeOf(at)),
      bytes: batch.byteLength,
      body: batch.body,
      state: "open",
      accept: ({ parked = [], resends = 0, ackTimeouts = 0 } = {}) => {
        batchSent.state = "accepted";
        const delivered = batch.count - parked.length;
        resolve({ delivered, parked, resends, ackTimeouts, bodyIsFree: resends === 0 });
      },
      fail: (error) => {
        batchSent.state = "failed";
        reject(error);
      },
    };
    this.batches.push(batchSent);
    const abort = () => {
      batchSent.state = "aborted";
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    if (!this.holding) batchSent.accept();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  };
}
