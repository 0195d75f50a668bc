import type { HecAnswer } from "../hec_answer.ts";

type AckAnswer = Pick<HecAnswer, "ackId" | "ackIdUnreadable" | "code">;

/** `auto` learns from the first accepted request whether the token has indexer acknowledgement. */
export type AckSetting = "auto" | "on" | "off";

const BAD_DATA = 6;

/** Whether accepted events wait for acknowledgement: as configured, or as learned. */
export class AckMode {
  readonly #setting: AckSetting;
  #learned: boolean | undefined;

  constructor(setting: AckSetting) {
    this.#setting = setting;
  }

  /** Whether events may have to wait; true until that is known. */
  get mayWait(): boolean {
    return this.#setting !== "off" && this.#learned !== false;
  }

  /**
   * Decides about an accepted request.
   * @param answer An id that cannot be read proves nothing, but shows that the token gives ids.
   * @returns `final`: nothing more is awaited. `wait`: for the acknowledgement of its id. `missing`: there should be an id,
   * so that nothing proves that the events are indexed.
   */
  decide({ ackId, ackIdUnreadable }: AckAnswer): "final" | "wait" | "missing" {
    if (this.#setting === "off") return "final";
    if (ackId !== undefined || ackIdUnreadable) this.#learned = true;
    if (ackId !== undefined) return "wait";
    if (this.#setting === "on") return "missing";
    this.#learned ??= false;
    return this.#learned ? "missing" : "final";
  }

  /**
   * Decides about the events before a refused one.
   *
   * With code 6, Splunk gives an id for them too if the token has acknowledgement. For the other codes that is unknown:
   * until the mode is learned, a missing id proves nothing.
   * @returns `unproven`: there should be an id, or may have to be.
   */
  decidePart(answer: AckAnswer): "final" | "wait" | "unproven" {
    const { ackId, ackIdUnreadable, code } = answer;
    const unknown = this.#setting === "auto" && this.#learned === undefined;
    const silent = ackId === undefined && !ackIdUnreadable;
    if (unknown && silent && code !== BAD_DATA) return "unproven";
    const decision = this.decide(answer);
    return decision === "missing" ? "unproven" : decision;
  }
}
