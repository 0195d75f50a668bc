import { Batch } from "../core/batch.ts";
import { isFixed } from "../core/event_rules.ts";
import type { EventText } from "../core/event_values.ts";
import type { DeliveryReport, RefusedEvent } from "../hec/delivery_context.ts";
import { cutOversize } from "./oversize.ts";
import type { UnsendableEvent } from "./page_transcoder.ts";
import type { SourceContext } from "./source_context.ts";

/** Where an event comes from. */
export interface EventPlace {
  /** Of the page. */
  readonly cursor: string;
  /** Number of the event among those of its page, from 0. */
  readonly indexInPage: number;
}

/** The shard that the dead letter of a report names. */
const NO_SHARD = -1;

/** Where the events of one shard go: to HEC, or into the dead letters. */
export class ShardDelivery {
  readonly #context: SourceContext;
  readonly #shard: number;

  constructor(context: SourceContext, shard: number) {
    this.#context = context;
    this.#shard = shard;
  }

  /**
   * Delivers a batch: every event is accepted, or refused and parked. Failures are retried without end.
   * @throws the signal's reason when `signal` aborts; then nothing is known of the events.
   */
  async deliver(
    batch: Batch,
    placeOf: (at: number) => EventPlace,
    signal: AbortSignal,
  ): Promise<DeliveryReport> {
    const { hec, name } = this.#context;
    return await hec.deliver(batch, {
      source: name,
      signal,
      park: (event) => this.park(event, placeOf(event.at), signal),
      placeOf: (at) => `${name} shard ${this.#shard} cursor ${placeOf(at).cursor}`,
    });
  }

  /**
   * Parks an event that cannot be sent as it is, unless `cutOversize` makes another one of it.
   * @returns what to send in its place; undefined when it is parked.
   */
  async replace(
    event: UnsendableEvent,
    place: EventPlace,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const shorter = cutOversize(this.#context, event, {
      shard: this.#shard,
      cursor: place.cursor,
    });
    if (shorter) return shorter;
    const { kind: reason, envelope, why: text } = event;
    await this.park({ at: 0, envelope, reason, status: 0, code: undefined, text }, place, signal);
    return undefined;
  }

  /** Parks an event durably. */
  async park(
    { envelope, reason, status, code, text }: RefusedEvent,
    { cursor, indexInPage }: EventPlace,
    signal: AbortSignal,
  ): Promise<void> {
    const { name: source, deadLetters } = this.#context;
    const shard = this.#shard;
    await deadLetters.park(
      { source, shard, cursor, indexInPage, reason, status, code, text, envelope },
      signal,
    );
  }
}

/** A text that needs no log group; undefined for any other. */
function fixedText(text: EventText | undefined): string | undefined {
  return isFixed(text) ? text?.join("") : undefined;
}

/**
 * Delivers an event of the program's own, such as the report of a gap, to where the source's events go.
 * @throws the signal's reason when `signal` aborts first.
 */
export async function deliverReport(
  context: SourceContext,
  event: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
): Promise<void> {
  const { name, mapping: { source, sourcetype, index, fallbackIndex }, batches, env } = context;
  const envelope = JSON.stringify({
    time: Math.floor(env.clock.nowMs() / 1000),
    source: fixedText(source),
    sourcetype: fixedText(sourcetype),
    index: isFixed(index) ? fixedText(index) : fallbackIndex,
    event,
  });
  const bytes = new TextEncoder().encode(envelope);
  const place: EventPlace = { cursor: "", indexInPage: 0 };
  const delivery = new ShardDelivery(context, NO_SHARD);
  await context.hec.deliver(new Batch(bytes, [bytes.length], batches.gzip), {
    source: context.name,
    signal,
    park: (refused) => delivery.park(refused, place, signal),
    placeOf: () => `a report about ${name}`,
  });
}
