import { readSmallBody } from "../base/bounded_body.ts";
import { openContent } from "../base/content_coding.ts";
import { foreignText } from "../base/foreign_text.ts";
import { isoTime } from "../base/format.ts";
import { isPage, pageTitle } from "../base/page_title.ts";
import type { Credentials } from "./credentials.ts";
import { stringOf, valueOf } from "./json_answer.ts";
import { parseCredentials } from "./parse_credentials.ts";
import { isErrorCode, requestIdText } from "./sls_values.ts";
import { mayShowMessage } from "./sts_error.ts";

/** An answer has about 2 KB. */
const ANSWER_MAX_BYTES = 64 * 1024;

/** An answer of STS, whatever its status. */
export interface StsAnswer {
  readonly status: number;
  /** The header `Date`; null without one. */
  readonly date: string | null;
  readonly text: string;
  /** Undefined when the text is not JSON. */
  readonly json: unknown;
  /** `Code`, which errors have alone; empty without a valid one. */
  readonly code: string;
  /** What the page of a gateway says; empty for other answers. */
  readonly page: string;
}

/**
 * Reads an answer.
 * @throws {BodyTooLarge}, or what the connection throws.
 */
export async function readStsAnswer(response: Response): Promise<StsAnswer> {
  const { status, headers, body } = response;
  return stsAnswer(status, headers, await readSmallBody(body, ANSWER_MAX_BYTES));
}

/** The answer in a whole body. */
export function stsAnswer(status: number, headers: Headers, body: Uint8Array): StsAnswer {
  // A gateway may compress what was not asked for.
  const bytes = openContent(body, headers.get("content-encoding"), ANSWER_MAX_BYTES);
  const text = new TextDecoder().decode(bytes);
  const json = jsonOf(text);
  const code = stringOf(json, "Code") ?? "";
  return {
    status,
    date: headers.get("date"),
    text,
    json,
    code: isErrorCode(code) ? code : "",
    page: isPage(bytes) ? pageTitle(bytes) : "",
  };
}

/** Whether an answer has credentials, valid or not. */
export function hasCredentials({ status, json }: StsAnswer): boolean {
  return status === 200 && typeof valueOf(json, "Credentials") === "object";
}

/**
 * The credentials in an answer.
 * @param serverNowMs The time of STS.
 * @param nowMs That of this host.
 * @returns them with their end by this host's clock.
 * @throws {Error} whose message says what is wrong with them, to follow "answered with".
 */
export function issuedCredentials(
  { text }: StsAnswer,
  serverNowMs: number,
  nowMs: number,
): Credentials {
  const issued = parseCredentials(text);
  const { expiresAtMs, securityToken } = issued;
  if (!securityToken) throw new Error("they have no SecurityToken");
  if (expiresAtMs === undefined) throw new Error("they have no Expiration");
  const lifetimeMs = expiresAtMs - serverNowMs;
  if (lifetimeMs > 0) return { ...issued, expiresAtMs: nowMs + lifetimeMs };
  const [end, now] = [expiresAtMs, serverNowMs].map(isoTime);
  throw new Error(`they expired at ${end}, and it is ${now} there`);
}

/** An answer without credentials for messages, to follow "answered": its status, and what it may be repeated of. */
export function describeRefusal({ status, code, json, page }: StsAnswer): string {
  if (code === "") return `${status} without an error of STS${page && `, but the page "${page}"`}`;
  const id = foreignText(requestIdText(stringOf(json, "RequestId") ?? null));
  const message = stringOf(json, "Message") ?? "";
  const said = mayShowMessage(code, message) ? ` "${foreignText(message)}"` : "";
  return `${status} ${foreignText(code)}${said}${id && ` (request id ${id})`}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
