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

  /** Whether events may have to wait; true while that is not known yet. */
  get mayWait(): boolean {
    return this.#setting !== "off" && this.#learned !== false;
  }

  /**
   * Decides about an accepted request.
   * @param answer Its id; an id that cannot be read proves nothing, but shows that the token gives ids.
   * @returns `taken`: it is final. `wait`: for its id. `missing`: an id was due and did not come, so
   * that nothing proves that the events are indexed.
   */
  decide({ ackId, ackIdUnreadable }: AckAnswer): "taken" | "wait" | "missing" {
    if (this.#setting === "off") return "taken";
    if (ackId !== undefined || ackIdUnreadable) this.#learned = true;
    if (ackId !== undefined) return "wait";
    if (this.#setting === "on") return "missing";
    this.#learned ??= false;
    return this.#learned ? "missing" : "taken";
  }

  /**
   * Decides about the events before a refused one.
   *
   * Splunk was seen to give an id for them too, with code 6, when the token has acknowledgement. Of the
   * other codes that is not known: while nothing is learned, no id with them says nothing.
   * @returns `unproven`: an id was due, or may have been, and did not come.
   */
  decidePart(answer: AckAnswer): "taken" | "wait" | "unproven" {
    const { ackId, ackIdUnreadable, code } = answer;
    const unknown = this.#setting === "auto" && this.#learned === undefined;
    const silent = ackId === undefined && !ackIdUnreadable;
    if (unknown && silent && code !== BAD_DATA) return "unproven";
    const decision = this.decide(answer);
    return decision === "missing" ? "unproven" : decision;
  }
}
