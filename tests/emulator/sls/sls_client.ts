import { createHash } from "node:crypto";
import type { HttpRequest } from "../../../src/emulator/core/http.ts";
import type { AccessKey } from "../../../src/emulator/core/sls/access_key.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { signatureV1, stringsToSignV1 } from "../../../src/emulator/core/sls/signature_v1.ts";
import { SlsEmulator, type SlsEmulatorOptions } from "../../../src/emulator/sls/sls_emulator.ts";
import { FakeClock } from "../../support/fake_clock.ts";

export const KEY: AccessKey = { id: "id", secret: "secret" };
export const LOGSTORE = { project: "p", logstore: "l" };
export const SHARD = { ...LOGSTORE, shard: 0 };

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The body as JSON, undefined without one. */
  readonly json: unknown;
}

/** An emulator with project `p` and logstore `l`, a client of it, and the clock of both. */
export class Scene implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly sls: SlsEmulator;
  #http = Deno.createHttpClient({ allowHost: true });

  constructor(
    options: Partial<SlsEmulatorOptions> & { shards?: number; startMs?: number } = {},
  ) {
    const { shards = 1, startMs, ...rest } = options;
    this.clock = new FakeClock(startMs);
    this.sls = SlsEmulator.start({
      accessKeys: [KEY],
      projects: [{ name: "p", logstores: [{ name: "l", shards }] }],
      clock: this.clock,
      ...rest,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.close();
    await this.sls[Symbol.asyncDispose]();
  }

  /** Makes the next request use its own connection: over a kept one, fetch may send it twice. */
  reconnect(): void {
    this.#http.close();
    this.#http = Deno.createHttpClient({ allowHost: true });
  }

  /** Writes groups of one log each, with content `id`, without HTTP. */
  append(...ids: string[]): void {
    for (const id of ids) {
      this.sls.data.append(
        SHARD,
        encodeLogGroup({ logs: [{ timeSec: 1, contents: [["id", id]] }] }),
      );
    }
  }

  /** Sends a request such as `GET /logstores/l/shards`, signed with version 1. */
  async send(line: string, options: SignOptions = {}): Promise<Answer> {
    const { method, headers, body } = signed(line, this.clock.nowMs(), options);
    const response = await fetch(new URL(line.split(" ")[1]!, this.sls.url), {
      method,
      headers,
      client: this.#http,
      ...(options.body !== undefined ? { body } : {}),
    });
    const read = new Uint8Array(await response.arrayBuffer());
    const isJson = response.headers.get("content-type") === "application/json";
    return {
      status: response.status,
      headers: response.headers,
      body: read,
      json: isJson ? JSON.parse(new TextDecoder().decode(read)) : undefined,
    };
  }

  /** PullLogs of shard 0. */
  async pull(
    cursor: string,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const search = new URLSearchParams({ type: "logs", cursor, count: "1000", ...query });
    return await this.send(`GET /logstores/l/shards/0?${search}`, { headers });
  }

  /** The cursor of a position of shard 0. */
  cursor(position: number): string {
    return this.sls.data.cursorAt(SHARD, position);
  }
}

/** What a test may choose of a request. */
export interface SignOptions {
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly key?: AccessKey;
}

/** A request such as `GET /logstores/l/shards` of project `p`, signed with version 1. */
export function signed(
  line: string,
  nowMs: number,
  { headers = {}, body, key = KEY }: SignOptions = {},
): HttpRequest & { readonly body: Uint8Array<ArrayBuffer> } {
  const [method = "", target = ""] = line.split(" ");
  const { pathname: path, searchParams: query } = new URL(target, "http://localhost");
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = new Headers({
    host: "p.cn-test.log.aliyuncs.com",
    date: new Date(nowMs).toUTCString(),
    "x-log-apiversion": "0.6.0",
    "x-log-signaturemethod": "hmac-sha1",
    "x-log-bodyrawsize": String(bytes?.length ?? 0),
    "accept-encoding": "",
    ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
    ...(bytes
      ? { "content-md5": createHash("md5").update(bytes).digest("hex").toUpperCase() }
      : {}),
    ...headers,
  });
  const request = { method, path, query, headers: all, body: bytes ?? new Uint8Array() };
  const [text = ""] = stringsToSignV1(request);
  all.set("authorization", `LOG ${key.id}:${signatureV1(key.secret, text, "hmac-sha1")}`);
  return request;
}

/** Status and error code of an answer, as `400 InvalidCursor`; the status alone without a code. */
export function outcome({ status, json }: Answer): string {
  const code = typeof json === "object" && json !== null && "errorCode" in json
    ? ` ${json.errorCode}`
    : "";
  return `${status}${code}`;
}
