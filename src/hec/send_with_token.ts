import { openContent } from "../base/content_coding.ts";
import type { Secret } from "../base/secret.ts";
import type { Channel } from "./ack/channel.ts";
import {
  ANSWER_MAX_BYTES,
  type HecRequest,
  type HecResponse,
  type HecTransport,
} from "./transport/hec_transport.ts";

/** The sender of a request to HEC. */
interface HecSender {
  readonly token: Secret;
  /** Undefined for requests without a channel. */
  readonly channel: Channel | undefined;
  readonly userAgent: string;
  /** Further headers, as a gateway asks for; none when left out. */
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
}

/**
 * Sends a request with the headers that every request to HEC has.
 * @returns the answer, its body decompressed.
 */
export async function sendWithToken(
  transport: HecTransport,
  { token, channel, userAgent, headers: further = {} }: HecSender,
  request: HecRequest,
  signal: AbortSignal,
): Promise<HecResponse> {
  const cookie = channel?.cookie;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(further)) headers[name.toLowerCase()] = value.reveal();
  Object.assign(headers, {
    ...request.headers,
    authorization: `Splunk ${token.reveal()}`,
    // Otherwise `fetch` asks for compression, decompresses by itself, and fails on a body that only claims it.
    "accept-encoding": "identity",
    // Splunk serves clients without a User-Agent over HTTP/1.0.
    "user-agent": userAgent,
    // Needed by tokens with acknowledgement, ignored by others.
    ...(channel && { "x-splunk-request-channel": channel.id }),
    ...(cookie !== undefined && { cookie }),
  });
  const response = await transport.send({ ...request, headers }, signal);
  const { body, contentEncoding } = response;
  // A gateway may compress answers without being asked.
  return { ...response, body: openContent(body, contentEncoding, ANSWER_MAX_BYTES) };
}
