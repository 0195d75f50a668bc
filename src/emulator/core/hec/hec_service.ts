import type { HttpRequest, HttpResponse } from "../http.ts";
import { hecAnswer } from "./hec_answers.ts";
import {
  DEFAULT_READING_LIMITS as limits,
  DEFAULT_READING_SWITCHES as switches,
  type HecToken,
} from "./hec_settings.ts";
import { openBody } from "./inflate_body.ts";
import { admit, type GateSettings } from "./request_gate.ts";
import { type EventPlace, takeEvents } from "./take_events.ts";

/** A healthy Splunk HTTP Event Collector for one token without indexer acknowledgment. */
export class HecService {
  readonly #gate: GateSettings;
  readonly #onEvent: (body: Uint8Array, place: EventPlace) => void;

  /**
   * @param onEvent Gets each accepted event: where it is in the inflated body.
   */
  constructor(token: HecToken, onEvent: (body: Uint8Array, place: EventPlace) => void) {
    const tokens = new Map([[token.token, token]]);
    this.#gate = { tokens, maxContentBytes: limits.maxContentBytes, switches };
    this.#onEvent = onEvent;
  }

  /** Answers a request completely. */
  handle(request: HttpRequest): HttpResponse {
    // Splunk keeps no connection alive for a client without `User-Agent`.
    return { ...this.#answer(request), closeAfter: !request.headers.has("user-agent") };
  }

  #answer(request: HttpRequest): HttpResponse {
    const admitted = admit(request, request.body.length, this.#gate);
    if ("status" in admitted) return admitted;
    const { kind, token, gzip } = admitted;
    if (kind === "health" || !token) return hecAnswer(17);
    if (kind === "ack") return hecAnswer(14);
    const body = openBody(request.body, gzip, { limits, switches });
    if (!(body instanceof Uint8Array)) return body;
    const { code, invalidEventNumber } = takeEvents(
      { kind, query: request.query, token, body, limits, switches },
      (place) => this.#onEvent(body, place),
    );
    return hecAnswer(code, { invalidEventNumber });
  }
}
