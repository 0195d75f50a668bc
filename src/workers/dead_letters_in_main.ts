import type { DeadLetter, DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { CallsToMain } from "./calls_to_main.ts";

/** The dead letters as a worker sees them: the main isolate writes them, and a letter waits until they are on disk. */
export class DeadLettersInMain implements DeadLetterPort {
  readonly #calls: CallsToMain;

  constructor(calls: CallsToMain) {
    this.#calls = calls;
  }

  async park(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    // A copy: posting a view would post the whole buffer under it, which holds other events.
    const own = { ...letter, envelope: letter.envelope.slice() };
    await this.#calls.call({ kind: "park", letter: own }, signal);
  }
}
