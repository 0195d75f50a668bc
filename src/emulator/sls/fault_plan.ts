import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { CallName } from "./all_calls.ts";

/** A call that is about to be answered. Names are empty where the call has none. */
interface PlannedCall {
  /** The vendor's name; `Unknown` for a request that is no call of the API. */
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

/** What goes wrong with a call. `faults.ts` makes the usual ones. */
export interface Fault {
  /** Whether the call takes effect: `before` means that it does not. */
  readonly when: "before" | "after";
  /**
   * @param truth The call's own answer, which may be an error; an empty 200 with `before`.
   * @param headers Those that every answer of SLS has; `truth` has them already.
   */
  answer(truth: HttpResponse, headers: Record<string, string>): HttpAction;
}

/** Which calls a fault is for: those of a name, or those that a function picks. */
type CallMatch = CallName | ((call: CallInfo) => boolean);

/** The faults that are planned, and a count of the calls. */
export class FaultPlan {
  /** Asked for every call that no queued fault is for; undefined means none. */
  rule: ((call: CallInfo) => Fault | undefined) | undefined;
  readonly #queue: { match: CallMatch; fault: Fault }[] = [];
  readonly #calls = new Map<string, number>();
  #taken = 0;

  /** Plans each of these faults for one matching call, in order. */
  next(match: CallMatch, ...faults: Fault[]): void {
    for (const fault of faults) this.#queue.push({ match, fault });
  }

  /** Planned one-shot faults that have not happened yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Faults that have happened, of either kind. */
  get taken(): number {
    return this.#taken;
  }

  /** Calls of a name so far. */
  callsOf(call: CallName | "Unknown"): number {
    return this.#calls.get(call) ?? 0;
  }

  /** Forgets all planned faults and the rule. */
  clear(): void {
    this.#queue.length = 0;
    this.rule = undefined;
  }

  /** Counts a call, and gives what is to go wrong with it. */
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
