import { openContent } from "../base/content_coding.ts";
import type { Secret } from "../base/secret.ts";
import type { Channel } from "./ack/channel.ts";
import {
  ANSWER_MAX_BYTES,
  type HecRequest,
  type HecResponse,
  type HecTransport,
} from "./transport/hec_transport.ts";

/** Who sends a request to HEC. */
export interface HecSender {
  readonly token: Secret;
  /** Undefined for requests that belong to none. */
  readonly channel: Channel | undefined;
  readonly userAgent: string;
}

/** Sends a request with the headers that every one to HEC has. @returns the answer, its body opened. */
export async function sendWithToken(
  transport: HecTransport,
  { token, channel, userAgent }: HecSender,
  request: HecRequest,
  signal: AbortSignal,
): Promise<HecResponse> {
  const cookie = channel?.cookie;
  const headers: Record<string, string> = {
    ...request.headers,
    authorization: `Splunk ${token.reveal()}`,
    // Else `fetch` asks for compression, opens it by itself, and fails on a body that only says it is.
    "accept-encoding": "identity",
    // Splunk serves a client without a User-Agent by HTTP/1.0.
    "user-agent": userAgent,
    // Needed by tokens with acknowledgement, ignored by others.
    ...(channel && { "x-splunk-request-channel": channel.id }),
    ...(cookie !== undefined && { cookie }),
  };
  const response = await transport.send({ ...request, headers }, signal);
  const { body, contentEncoding } = response;
  // A gateway may compress what was not asked for.
  return { ...response, body: openContent(body, contentEncoding, ANSWER_MAX_BYTES) };
}
