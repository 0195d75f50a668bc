import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { CallName } from "./all_calls.ts";

/** A call that is about to be answered. Names are empty where the call has none. */
interface PlannedCall {
  /** The vendor's name; `Unknown` for a request that is not a call of the API. */
  readonly call: CallName | "Unknown";
  readonly project: string;
  readonly logstore: string;
  readonly shard: string;
  readonly group: string;
  readonly consumer: string;
}

/** The same, as faults see it. */
export interface CallInfo extends PlannedCall {
  /** How many calls of this name there were, this one included. */
  readonly n: number;
}

/** What goes wrong with a call; `faults.ts` has the usual ones. */
export interface Fault {
  /** `before`: the call has no effect; `after`: it has. */
  readonly when: "before" | "after";
  /**
   * @param truth The true answer, which may be an error; an empty 200 with `before`.
   * @param headers The headers of every answer of SLS, which `truth` includes.
   */
  answer(truth: HttpResponse, headers: Record<string, string>): HttpAction;
}

/** The calls that a fault is for: by name, or chosen by a function. */
type CallMatch = CallName | ((call: CallInfo) => boolean);

/** The planned faults, and a count of the calls. */
export class FaultPlan {
  /** Decides the fault of each call that no queued fault is for. */
  rule: ((call: CallInfo) => Fault | undefined) | undefined;
  readonly #queue: { match: CallMatch; fault: Fault }[] = [];
  readonly #calls = new Map<string, number>();
  #taken = 0;

  /** Plans each of these faults for one matching call, in order. */
  next(match: CallMatch, ...faults: Fault[]): void {
    for (const fault of faults) this.#queue.push({ match, fault });
  }

  /** Number of planned faults that have not happened yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Number of faults that have happened, planned or by the rule. */
  get taken(): number {
    return this.#taken;
  }

  /** Number of calls of a name so far. */
  callsOf(call: CallName | "Unknown"): number {
    return this.#calls.get(call) ?? 0;
  }

  /** Forgets all planned faults and the rule. */
  clear(): void {
    this.#queue.length = 0;
    this.rule = undefined;
  }

  /**
   * Counts a call.
   *
   * @returns its fault, if it has one.
   */
  take(call: PlannedCall): Fault | undefined {
    const n = this.callsOf(call.call) + 1;
    this.#calls.set(call.call, n);
    const info = { ...call, n };
    const at = this.#queue.findIndex(({ match }) =>
      typeof match === "function" ? match(info) : match === info.call
    );
    const fault = at >= 0 ? this.#queue.splice(at, 1)[0]?.fault : this.rule?.(info);
    if (fault) this.#taken++;
    return fault;
  }
}
