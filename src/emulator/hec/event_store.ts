import type { ReceivedEvent } from "./received_event.ts";

/** What the emulator was given to keep. */
export class EventStore {
  /** Everything that is or will be searchable, in order of arrival; empty when nothing is kept. */
  events: ReceivedEvent[] = [];
  /** Events for an index that does not exist and that went nowhere; empty when nothing is kept. */
  readonly dropped: ReceivedEvent[] = [];
  /** Events accepted with a 200 or as the head of a refused body, the misrouted included. */
  acceptedCount = 0;
  /** Events that named an index that does not exist. */
  misroutedCount = 0;
  readonly #keep: boolean;
  readonly #onEvent: ((event: ReceivedEvent) => void) | undefined;

  constructor(keep: boolean, onEvent: ((event: ReceivedEvent) => void) | undefined) {
    this.#keep = keep;
    this.#onEvent = onEvent;
  }

  /** Whether anybody looks at events at all. */
  get wanted(): boolean {
    return this.#keep || this.#onEvent !== undefined;
  }

  /** @param arrives Whether the event has an index to go to. */
  accept(event: ReceivedEvent, arrives: boolean): void {
    if (this.#keep) (arrives ? this.events : this.dropped).push(event);
    this.#onEvent?.(event);
  }

  /** Forgets what a crash has taken. */
  forgetLost(): void {
    this.events = this.events.filter(({ origin }) => origin.state !== "lost");
  }
}
