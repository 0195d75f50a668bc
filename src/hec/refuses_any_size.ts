import { describeError, OperatorError } from "../base/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer } from "./hec_answer.ts";
import type { Decided } from "./post_result.ts";

/**
 * Asks whether an endpoint that finds a lone event too large lets requests through to HEC at all: HEC answers an empty
 * one with a code of its own.
 * @param refused What came to the event.
 * @param place Where the event comes from.
 * @returns why the event is to wait, or undefined when it is HEC that does not take it.
 * @throws the reason of `signal`.
 */
export async function refusesAnySize(
  { answer, endpoint }: Decided,
  place: string,
  signal: AbortSignal,
): Promise<OperatorError | undefined> {
  const found = answer.code === undefined && await answerToNothing(endpoint, signal);
  if (!found) return undefined;
  return new OperatorError(
    `Cannot deliver the event at ${place} to ${endpoint.name}: ${describeAnswer(answer)}, ` +
      `and to a request without any event ${found}`,
    "The source is held and keeps its logs. Find out what answers there: a gateway that takes no request of " +
      "any size is set wrongly",
  );
}

/** @returns what came in place of HEC's answer. */
async function answerToNothing(
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { answer } = await endpoint.postEvents(new Uint8Array(), false, false, signal);
    return answer.code === undefined ? describeAnswer(answer) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `came no answer (${describeError(error)})`;
  }
}
