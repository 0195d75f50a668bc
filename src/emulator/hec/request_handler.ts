import type { Clock } from "../../base/clock.ts";
import type { HttpResponse } from "../core/http.ts";
import type { HttpAction, ReceivedHead, ReceivedRequest } from "../http/message.ts";
import type { Balancer } from "./balancer.ts";
import type { Collected, Collector } from "./collector.ts";
import type { Fault, FaultPlan } from "./fault.ts";
import { htmlAnswer } from "../core/hec/hec_answers.ts";
import { admit, type AdmittedRequest, type GateSettings } from "../core/hec/request_gate.ts";
import type { HecSwitches } from "./hec_settings.ts";
import type { RequestLog } from "./request_log.ts";

/** The parts of the emulator that handle a request, in this order. */
interface HandlerParts {
  readonly gate: GateSettings & { readonly switches: HecSwitches };
  readonly faults: FaultPlan;
  readonly balancer: Balancer;
  readonly collector: Collector;
  readonly log: RequestLog;
  readonly clock: Clock;
  readonly keepBodies: boolean;
  readonly channelCookie: string | undefined;
}

/** The decision about a request whose head has arrived. */
interface Decided {
  readonly requestId: number;
  readonly verdict: AdmittedRequest | HttpResponse;
  readonly fault: Fault | undefined;
}

/** Handles a request from its head to its answer: gate, fault, balancer, collector, log. */
export class RequestHandler {
  readonly #parts: HandlerParts;
  /** Keyed by the object that a request and its head share. */
  readonly #decided = new WeakMap<Headers, Decided>();
  #requestCount = 0;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
  }

  /** Decides about a request before its body is read. */
  onHead(head: ReceivedHead): "go_on" | "close" | HttpResponse {
    const { gate, faults } = this.#parts;
    const requestId = ++this.#requestCount;
    const contentBytes = contentBytesOf(head.headers);
    const verdict = admit(head, contentBytes, gate);
    const decided: Decided = {
      requestId,
      verdict,
      fault: isResponse(verdict) ? undefined : faults.next({
        ...head,
        requestId,
        kind: verdict.kind,
        token: verdict.token?.token,
        channel: verdict.channel,
        contentBytes,
      }),
    };
    if (decided.fault?.at !== "head") {
      this.#decided.set(head.headers, decided);
      return "go_on";
    }
    const answer = decided.fault.answer();
    this.#record(head, decided, answer === "close" ? { do: "close" } : answer);
    return answer;
  }

  /** Answers a request whose head has passed `onHead`. */
  async handle(request: ReceivedRequest, signal: AbortSignal): Promise<HttpAction | HttpResponse> {
    const decided = this.#decided.get(request.headers)!;
    const { verdict, fault } = decided;
    if (isResponse(verdict)) return this.#finish(request, decided, verdict);
    const { gate, balancer, collector, clock, channelCookie } = this.#parts;
    if (request.body.length > gate.maxContentBytes) { // a chunked body, whose size was not announced
      return this.#finish(request, decided, htmlAnswer(413));
    }
    if (fault?.waitBeforeMs) {
      try {
        await clock.sleep(fault.waitBeforeMs, signal);
      } catch (error) { // the client left meanwhile
        this.#record(request, decided, { do: "close" });
        throw error;
      }
    }
    if (fault?.at === "before") return this.#finish(request, decided, fault.answer());

    const { indexer, setCookie } = balancer.pick(request);
    const numbered = { ...request, requestId: decided.requestId };
    const takeEvents = fault?.at === "after" ? fault.takeEvents : undefined;
    const collected = collector.collect(numbered, verdict, indexer, takeEvents);
    const cookie = setCookie ??
      (channelCookie && verdict.channel && `${channelCookie}=${verdict.channel}`);
    const truth = cookie
      ? withHeader(collected.response, "Set-Cookie", cookie)
      : collected.response;
    const answer = fault?.at === "after" ? fault.answer(truth) : truth;
    const finished = this.#finish(request, decided, answer, { ...collected, indexer });
    if (fault?.waitAfterMs) await clock.sleep(fault.waitAfterMs, signal);
    return finished;
  }

  #finish(
    request: ReceivedRequest,
    decided: Decided,
    answer: HttpAction | HttpResponse,
    collected?: Collected & { indexer: number },
  ): HttpAction | HttpResponse {
    this.#record(request, decided, answer, collected);
    const { gate, clock } = this.#parts;
    const closeAfter = gate.switches.closeWithoutUserAgent && !request.headers.has("user-agent");
    const complete = (response: HttpResponse): HttpResponse => ({
      ...withHeader(response, "Date", new Date(clock.nowMs()).toUTCString()),
      closeAfter: response.closeAfter ?? closeAfter,
    });
    if (isResponse(answer)) return complete(answer);
    return "response" in answer ? { ...answer, response: complete(answer.response) } : answer;
  }

  #record(
    request: ReceivedHead & Partial<ReceivedRequest>,
    { requestId, verdict, fault }: Decided,
    answer: HttpAction | HttpResponse,
    collected?: Collected & { indexer: number },
  ): void {
    const { keepBodies, log, clock } = this.#parts;
    const { method, path, query, headers, connectionId, body } = request;
    const admitted = isResponse(verdict) ? undefined : verdict;
    const response = isResponse(answer)
      ? answer
      : "response" in answer
      ? answer.response
      : undefined;
    log.add({
      ...{ requestId, connectionId, method, path, query, headers },
      kind: admitted?.kind,
      channel: admitted?.channel,
      indexer: collected?.indexer,
      body: keepBodies ? body : undefined,
      bodyBytes: body?.length ?? 0,
      inflatedBytes: collected?.inflatedBytes,
      status: response?.status,
      code: response && codeOf(response),
      eventsTaken: collected?.eventsTaken ?? 0,
      eventsSkipped: collected?.eventsSkipped ?? 0,
      ackId: collected?.ackId,
      fault: fault?.name,
      answeredAtMs: clock.monotonicMs(),
    });
  }
}

function isResponse(
  value: AdmittedRequest | HttpAction | HttpResponse,
): value is HttpResponse {
  return "status" in value;
}

function withHeader(response: HttpResponse, name: string, value: string): HttpResponse {
  return { ...response, headers: { [name]: value, ...response.headers } };
}

function contentBytesOf(headers: Headers): number | undefined {
  return headers.has("transfer-encoding") ? undefined : Number(headers.get("content-length") ?? 0);
}

/** The HEC code of an answer, if it is JSON with one. */
function codeOf({ body }: HttpResponse): number | undefined {
  const match = typeof body === "string" ? /^\{"text":"[^"]*","code":(\d+)/.exec(body) : null;
  return match ? Number(match[1]) : undefined;
}
