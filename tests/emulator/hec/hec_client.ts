import type { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";

/** A channel that any test may use. */
export const CHANNEL = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown;
}

/** What a request of a test may change. */
export interface PostOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly channel?: string;
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

/** Posts to `/services/collector/event` with the emulator's first token by default. */
export async function post(
  hec: Pick<HecEmulator, "url" | "token">,
  body: BodyInit | null,
  { method = "POST", path = "/event", headers = {}, channel, token = hec.token, signal }:
    PostOptions = {},
): Promise<Answer> {
  const response = await fetch(`${hec.url}/services/collector${path}`, {
    method,
    body,
    redirect: "manual",
    headers: {
      ...(token !== null && { "Authorization": `Splunk ${token}` }),
      ...(channel !== undefined && { "X-Splunk-Request-Channel": channel }),
      ...headers,
    },
    ...(signal && { signal }),
  });
  return await read(response);
}

/** Polls the channel for ids; returns `acks`. */
export async function poll(
  hec: HecEmulator,
  ids: number[],
  channel = CHANNEL,
  options: PostOptions = {},
): Promise<Record<string, boolean>> {
  const body = JSON.stringify({ acks: ids });
  const { json } = await post(hec, body, { path: "/ack", channel, ...options });
  return (json as { acks: Record<string, boolean> }).acks;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { status: response.status, headers: response.headers, text, json };
}
