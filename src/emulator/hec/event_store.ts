import type { ReceivedEvent } from "./received_event.ts";

/** The accepted events. */
export class EventStore {
  /** Events that are or will be searchable, in order of arrival; empty when nothing is kept. */
  events: ReceivedEvent[] = [];
  /** Events for an index that does not exist, which were dropped; empty when nothing is kept. */
  readonly dropped: ReceivedEvent[] = [];
  /** Events accepted with a 200 or as the first part of a refused body, misrouted ones included. */
  acceptedCount = 0;
  /** Events that named an index that does not exist. */
  misroutedCount = 0;
  readonly #keep: boolean;
  readonly #onEvent: ((event: ReceivedEvent) => void) | undefined;

  constructor(keep: boolean, onEvent: ((event: ReceivedEvent) => void) | undefined) {
    this.#keep = keep;
    this.#onEvent = onEvent;
  }

  /** Whether events are used at all. */
  get wanted(): boolean {
    return this.#keep || this.#onEvent !== undefined;
  }

  /**
   * @param arrives Whether the event has an index to go to.
   */
  accept(event: ReceivedEvent, arrives: boolean): void {
    if (this.#keep) (arrives ? this.events : this.dropped).push(event);
    this.#onEvent?.(event);
  }

  /** Forgets the events that a crash has lost. */
  forgetLost(): void {
    this.events = this.events.filter(({ origin }) => origin.state !== "lost");
  }
}
