import { readSmallBody } from "../base/bounded_body.ts";
import { openContent } from "../base/content_coding.ts";
import { foreignText } from "../base/foreign_text.ts";
import { locationText } from "../base/http_headers.ts";
import { kindAndLength } from "../base/invalid_value.ts";
import { isPage, pageTitle } from "../base/page_title.ts";
import { classifySlsAnswer, type SlsErrorKind } from "./sls_error.ts";
import { isErrorCode, requestIdText } from "./sls_values.ts";

/** Longest error answer that is read; the rest is cut off. */
const ERROR_BODY_MAX_BYTES = 64 * 1024;

/** An answer other than 200, read. */
export interface Refusal {
  readonly kind: SlsErrorKind;
  /** `errorCode`, if it has the form of one; else empty. */
  readonly code: string;
  readonly requestId: string;
  /** What was answered, for a message: the status and what SLS, or what stands before it, says. */
  readonly said: string;
  /** What to do, where the kind alone does not tell. */
  readonly hint?: string;
}

/** What of the request the answer is compared with. */
export interface Sent {
  /** The `Host` header. */
  readonly host: string;
  /** Whether that is signed, as in signature v4. */
  readonly signsHost: boolean;
}

/** Reads an answer other than 200: SLS's own error, or what a gateway says in its place. */
export async function readRefusal(response: Response, sent: Sent): Promise<Refusal> {
  const { status, headers } = response;
  const bytes = await readSmallBody(response.body, ERROR_BODY_MAX_BYTES, { cut: true });
  // A gateway may compress what was not asked for.
  const coding = headers.get("content-encoding");
  const content = openContent(bytes, coding, ERROR_BODY_MAX_BYTES);
  const { code: sentCode, message } = errorFields(new TextDecoder().decode(content));
  const kind = classifySlsAnswer(status, sentCode, message);
  const code = isErrorCode(sentCode) ? foreignText(sentCode) : "";
  const hint = sentCode === "" ? gatewayHint(status, headers) : hostHint(code, message, sent);
  const said = sentCode === ""
    ? `without an SLS error${inItsPlace(content, headers.get("location"))}`
    : code === ""
    ? `with an error code ${kindAndLength(sentCode)}`
    : `${code} "${foreignText(message)}"`;
  return {
    kind,
    code,
    requestId: requestIdOf(response),
    said: `${status} ${said}`,
    ...(hint !== undefined && { hint }),
  };
}

/** `x-log-requestid`, as a message may say it. */
export function requestIdOf(response: Response): string {
  return foreignText(requestIdText(response.headers.get("x-log-requestid")));
}

function inItsPlace(content: Uint8Array, location: string | null): string {
  const title = isPage(content) ? pageTitle(content) : "";
  const page = title && `, but the page "${title}"`;
  return location === null ? page : `${page}, and leads to ${locationText(location)}`;
}

/** Refusals that SLS always gives with an error and an id: without either, something else gave them. */
function gatewayHint(status: number, headers: Headers): string | undefined {
  if (status !== 401 && status !== 403 || headers.has("x-log-requestid")) return undefined;
  return "It is not SLS that answers: a gateway or proxy between refuses. Have it let this host through, or " +
    "check sls.endpoint and sls.proxy";
}

const ASKED_FOR = "a gateway between may have changed the Host header";

/**
 * What the Host header has to do with a refusal: signature v4 covers it, and it names the project. The text of SLS may
 * repeat what it saw.
 */
function hostHint(code: string, message: string, { host, signsHost }: Sent): string | undefined {
  const lower = code.toLowerCase();
  if (lower === "signaturenotmatch") {
    const [, seen] = /\bhost:\s*([\w.-]+(?::\d+)?)/i.exec(message) ?? [];
    if (seen !== undefined && seen.toLowerCase() !== host.toLowerCase()) {
      return `A gateway between has changed the Host header from ${host} to ${
        foreignText(seen)
      }: have it ` +
        "pass the header on as it is";
    }
    if (!signsHost) return undefined;
    return `Check the access key secret. If it is right, ${ASKED_FOR}, which is signed: it must arrive as ${host}`;
  }
  if (lower !== "projectnotexist") return undefined;
  const [, seen] = /does not exist\s*:\s*([\w.-]+)/i.exec(message) ?? [];
  const project = host.split(".", 1)[0]!;
  return seen === undefined || seen.toLowerCase() === project.toLowerCase()
    ? undefined
    : `SLS was asked for the project ${
      foreignText(seen)
    } in place of ${project}: ${ASKED_FOR}; it must ` +
      `arrive as ${host}`;
}

/** An error body must be JSON with both keys; a gateway's HTML has neither. */
function errorFields(text: string): { code: string; message: string } {
  try {
    const { errorCode, errorMessage } = JSON.parse(text) as Record<string, unknown>;
    if (typeof errorCode === "string" && typeof errorMessage === "string") {
      return { code: errorCode, message: errorMessage };
    }
  } catch {
    // Not JSON: told by the empty code.
  }
  return { code: "", message: "" };
}
