import type { HttpHead, HttpResponse } from "../http.ts";
import { hecAnswer, htmlAnswer, notFoundAnswer } from "./hec_answers.ts";
import type { HecToken, ReadingSwitches } from "./hec_settings.ts";

/** The kind of a request, by its path. */
export type RequestKind = "event" | "raw" | "ack" | "health";

/** A request whose path, method, coding, size and token are valid. */
export interface AdmittedRequest {
  readonly kind: RequestKind;
  /** Undefined only for `/health`. */
  readonly token: HecToken | undefined;
  /** From the header, else from the query; undefined if empty. */
  readonly channel: string | undefined;
  readonly gzip: boolean;
}

/** The settings of the server that requests are checked against. */
export interface GateSettings {
  readonly tokens: ReadonlyMap<string, HecToken>;
  readonly maxContentBytes: number;
  readonly switches: ReadingSwitches;
}

/** `mint` and `s2s` carry no JSON events: only OPTIONS is answered for them. */
const ROUTES: ReadonlyMap<string, RequestKind | "not_emulated"> = new Map([
  ["/services/collector", "event"],
  ["/services/collector/event", "event"],
  ["/services/collector/event/1.0", "event"],
  ["/services/collector/raw", "raw"],
  ["/services/collector/raw/1.0", "raw"],
  ["/services/collector/ack", "ack"],
  ["/services/collector/health", "health"],
  ["/services/collector/health/1.0", "health"],
  ["/services/collector/mint", "not_emulated"],
  ["/services/collector/mint/1.0", "not_emulated"],
  ["/services/collector/s2s", "not_emulated"],
]);

/**
 * Checks a request before its body is read: path, method, coding, announced size, token. If several
 * are wrong, the first in this order is answered; Splunk's own order is not known.
 *
 * @param contentBytes Size of the body; undefined for a chunked body that is not read yet.
 */
export function admit(
  head: HttpHead,
  contentBytes: number | undefined,
  settings: GateSettings,
): AdmittedRequest | HttpResponse {
  const kind = ROUTES.get(head.path);
  if (!kind) return notFoundAnswer(404);
  const allowed = kind === "health" ? "GET,HEAD,OPTIONS" : "POST,OPTIONS";
  if (head.method === "OPTIONS") return { status: 200, headers: { Allow: allowed } };
  if (kind === "not_emulated") return notFoundAnswer(404);
  if (!allowed.split(",").includes(head.method)) return notFoundAnswer(405);
  const coding = (head.headers.get("content-encoding") ?? "identity").toLowerCase();
  if (coding !== "identity" && coding !== "gzip") return htmlAnswer(415);
  if ((contentBytes ?? 0) > settings.maxContentBytes) return htmlAnswer(413);
  const channel = head.headers.get("x-splunk-request-channel") || head.query.get("channel") ||
    undefined;
  const request = { kind, channel, gzip: coding === "gzip" };
  if (kind === "health") return healthRefusal(head, settings) ?? { ...request, token: undefined };
  const token = authorize(head, settings);
  return typeof token === "number" ? hecAnswer(token) : { ...request, token };
}

/**
 * @returns the token, or the code that refuses the request.
 */
function authorize({ query, headers }: HttpHead, settings: GateSettings): HecToken | number {
  const { tokens, switches } = settings;
  const queryToken = query.get("token");
  let found: HecToken | undefined;
  if (queryToken !== null) { // it overrides the header, also when it is refused
    found = tokens.get(queryToken);
    if (!found?.allowQueryStringAuth) return 16;
  } else {
    const header = headers.get("authorization");
    if (!header) return 2;
    const text = credential(header, switches.schemeCase === "any");
    if (text === undefined) return 3;
    found = tokens.get(text);
  }
  if (!found) return 4;
  return found.disabled ? 1 : found;
}

/** The token in `Splunk <token>` or in the password of HTTP Basic; undefined for anything else. */
function credential(header: string, anyCase: boolean): string | undefined {
  const [, scheme = "", text = ""] = /^(\S+) +(\S+)$/.exec(header) ?? [];
  const is = (name: string) =>
    scheme === name || (anyCase && scheme.toLowerCase() === name.toLowerCase());
  if (is("Splunk")) return text;
  return is("Basic") ? basicPassword(text) : undefined;
}

function basicPassword(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  const pair = atob(base64);
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function healthRefusal({ query }: HttpHead, settings: GateSettings): HttpResponse | undefined {
  const text = query.get("token");
  if (text === null || !settings.switches.healthChecksToken) return undefined;
  const token = settings.tokens.get(text);
  if (!token) return hecAnswer(21);
  return token.disabled ? hecAnswer(22) : undefined;
}
