import type {
  CheckpointEvent,
  HeartbeatEvent,
  PullEvent,
  SlsObserver,
} from "../core/sls/events.ts";

/** Listeners for one kind of event, called in order. */
class Hook<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /**
   * @returns the function that removes the listener.
   */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly emit = (event: Event): void => {
    for (const listener of this.#listeners) listener(event);
  };
}

/** The events of an emulator. */
export class Hooks {
  readonly checkpoint = new Hook<CheckpointEvent>();
  readonly pull = new Hook<PullEvent>();
  readonly heartbeat = new Hook<HeartbeatEvent>();

  /** Passes events on to the listeners. */
  get observer(): SlsObserver {
    return {
      onCheckpoint: this.checkpoint.emit,
      onPull: this.pull.emit,
      onHeartbeat: this.heartbeat.emit,
    };
  }
}
