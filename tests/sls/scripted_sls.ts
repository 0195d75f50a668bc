import assert from "node:assert/strict";
import { ServerWay } from "../../src/base/server_way.ts";
import { Secret } from "../../src/base/secret.ts";
import {
  type Credentials,
  type CredentialsProvider,
  fixedCredentials,
} from "../../src/sls/credentials.ts";
import { SlsRequester } from "../../src/sls/requester.ts";
import { FakeClock } from "../support/fake_clock.ts";

export const KEY: Credentials = {
  accessKeyId: "LTAI4TESTEXAMPLEKEYID",
  accessKeySecret: new Secret("ExampleSecret0123456789abcdefGHIJ"),
};

/** A request as it was sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What comes of a request: an answer, a failure, or nothing until its sender gives up. */
export type Script = Response | Error | "hang";

/** A requester whose server answers what the test says, one script a request. */
export class ScriptedSls {
  readonly clock = new FakeClock();
  readonly requester: SlsRequester;
  readonly sent: SentRequest[] = [];
  readonly #scripts: Script[];

  constructor(
    scripts: Script[],
    { region, credentials = fixedCredentials(KEY), proxyName }: {
      region?: string;
      credentials?: CredentialsProvider;
      proxyName?: string;
    } = {},
  ) {
    this.#scripts = scripts;
    this.requester = new SlsRequester({
      address: { origin: "http://127.0.0.1:1", host: "p.127.0.0.1:1" },
      credentials,
      signV4Region: region,
      timeoutMs: 60_000,
      userAgent: "test/1",
      clock: this.clock,
      ...(proxyName &&
        { way: new ServerWay({ clock: this.clock, random: () => 0 }, { proxyName }) }),
      fetch: (input, init) => this.#answer(String(input), init),
    });
  }

  /** The last request. */
  get last(): SentRequest {
    const last = this.sent.at(-1);
    assert.ok(last, "nothing was sent");
    return last;
  }

  /** The query of the last request. */
  get query(): Record<string, string> {
    return Object.fromEntries(new URL(this.last.url).searchParams);
  }

  async #answer(url: string, init: RequestInit = {}): Promise<Response> {
    assert.equal(init.redirect, "manual");
    this.sent.push({
      method: init.method ?? "",
      url,
      headers: new Headers(init.headers),
      body: new TextDecoder().decode(init.body as Uint8Array<ArrayBuffer> | undefined),
    });
    const script = this.#scripts.shift();
    assert.ok(script, "one request more than the test has answers for");
    if (script instanceof Error) throw script;
    if (script !== "hang") return script;
    const { promise, reject } = Promise.withResolvers<never>();
    init.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true });
    return await promise;
  }
}

export const REQUEST_ID = "56447FB20351626D7C000874";

/** A 200 answer. */
export function ok(json: unknown = undefined, headers: Record<string, string> = {}): Response {
  const body = json === undefined ? null : JSON.stringify(json);
  return new Response(body, { headers: { "x-log-requestid": REQUEST_ID, ...headers } });
}

/** A refusal as SLS words it. */
export function refusal(
  status: number,
  errorCode: string,
  errorMessage = errorCode,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ errorCode, errorMessage }), {
    status,
    headers: { "x-log-requestid": REQUEST_ID, ...headers },
  });
}

/** A page of something in front of SLS. */
export function html(status: number): Response {
  const headers = { "content-type": "text/html" };
  return new Response("<html><body>hidden-page</body></html>", { status, headers });
}
