import { readSmallBody } from "../base/bounded_body.ts";
import { openContent } from "../base/content_coding.ts";
import { foreignText } from "../base/foreign_text.ts";
import { locationText } from "../base/http_headers.ts";
import { kindAndLength } from "../base/invalid_value.ts";
import { isPage, pageTitle } from "../base/page_title.ts";
import { classifySlsAnswer, type SlsErrorKind } from "./sls_error.ts";
import { isErrorCode, requestIdText } from "./sls_values.ts";

/** Longest error answer; the rest is not read. */
const ERROR_BODY_MAX_BYTES = 64 * 1024;

/** What an answer other than 200 says. */
interface Refusal {
  readonly kind: SlsErrorKind;
  /** `errorCode`; empty when it is not valid. */
  readonly code: string;
  readonly requestId: string;
  /** For messages: the status and what SLS, or a gateway in its place, says. */
  readonly said: string;
  /** The next thing to do, where it differs from that of the kind. */
  readonly hint?: string;
}

/** The parts of the request that the answer is compared with. */
export interface Sent {
  /** The `Host` header. */
  readonly host: string;
  /** Whether it is signed, as in signature v4. */
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

/** `x-log-requestid`, for messages. */
export function requestIdOf(response: Response): string {
  return foreignText(requestIdText(response.headers.get("x-log-requestid")));
}

function inItsPlace(content: Uint8Array, location: string | null): string {
  const title = isPage(content) ? pageTitle(content) : "";
  const page = title && `, but the page "${title}"`;
  return location === null ? page : `${page}, and leads to ${locationText(location)}`;
}

/** SLS always sends these refusals with an error and a request id: without either, something else refuses. */
function gatewayHint(status: number, headers: Headers): string | undefined {
  if (status !== 401 && status !== 403 || headers.has("x-log-requestid")) return undefined;
  return "A gateway or proxy refuses, not SLS. Have it allow this host, or check sls.endpoint and sls.proxy";
}

const HOST_CHANGED = "a gateway may have changed the Host header";

/**
 * Explains a refusal that a changed Host header may have caused: signature v4 covers it, and it names the project. SLS may
 * repeat the one that it got.
 */
function hostHint(code: string, message: string, { host, signsHost }: Sent): string | undefined {
  const lower = code.toLowerCase();
  if (lower === "signaturenotmatch") {
    const [, seen] = /\bhost:\s*([\w.-]+(?::\d+)?)/i.exec(message) ?? [];
    if (seen !== undefined && seen.toLowerCase() !== host.toLowerCase()) {
      return `A gateway has changed the Host header from ${host} to ${
        foreignText(seen)
      }: have it ` +
        "forward the header unchanged";
    }
    if (!signsHost) return undefined;
    return `Check the access key secret. If it is right, ${HOST_CHANGED}, which is signed: it must arrive as ${host}`;
  }
  if (lower !== "projectnotexist") return undefined;
  const [, seen] = /does not exist\s*:\s*([\w.-]+)/i.exec(message) ?? [];
  const project = host.split(".", 1)[0]!;
  return seen === undefined || seen.toLowerCase() === project.toLowerCase()
    ? undefined
    : `SLS was asked for the project ${
      foreignText(seen)
    } instead of ${project}: ${HOST_CHANGED}; it must ` +
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
    // Not JSON: the code stays empty.
  }
  return { code: "", message: "" };
}
