import { NO_LOGS } from "../../src/base/log_counts.ts";
import type { Telemetry, TelemetryEvent } from "../../src/base/telemetry.ts";
import type { CoveredRange, LedgerPort, PageReport } from "../../src/consumer/ports.ts";

type EventOf<T extends TelemetryEvent["type"]> = Extract<TelemetryEvent, { type: T }>;

/** Keeps what the program reports and counts, in the order in which it comes. */
export class Recorder implements LedgerPort {
  readonly events: TelemetryEvent[] = [];
  readonly pages: { source: string; shard: number; report: PageReport }[] = [];
  readonly covered: string[] = [];
  /** Fails the ledger. */
  ledgerFailure: Error | undefined;
  /** A fault of the program itself: thrown when a checkpoint is reported. */
  bug: Error | undefined;

  readonly telemetry: Telemetry = (event) => {
    if (this.bug && event.type === "checkpoint_written") throw this.bug;
    this.events.push(event);
  };

  of<T extends TelemetryEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  pageDone(source: string, shard: number, report: PageReport): void {
    this.pages.push({ source, shard, report });
  }

  cover(_source: string, shard: number, _consumer: string, { to }: CoveredRange): Promise<void> {
    if (this.ledgerFailure) return Promise.reject(this.ledgerFailure);
    this.covered.push(`${shard}:${to}`);
    return Promise.resolve();
  }
}

/** A report of a page with this many delivered logs. */
export function reportOf(delivered: number): PageReport {
  return {
    ...NO_LOGS,
    pages: 1,
    delivered,
    rawBytes: delivered * 10,
    eventBytes: delivered * 20,
  };
}
