import type { Clock } from "../../base/clock.ts";
import { ConnectionGone, ConnectionReader, MAX_HEAD_BYTES } from "./connection_reader.ts";
import type { HttpResponse } from "../core/http.ts";
import type { HttpAction, HttpHandler, ReceivedHead } from "./message.ts";
import { readBody } from "./read_body.ts";
import { headEnd, parseRequestHead, type RequestHead } from "./request_head.ts";
import { RequestRefused } from "./request_refused.ts";
import { bodyBytes, carriesBody, responseHead } from "./response_head.ts";

/** What a connection needs from its server. */
interface HttpConnectionPorts {
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  readonly onHead:
    | ((head: ReceivedHead) => "go_on" | "close" | HttpResponse)
    | undefined;
  readonly idleTimeoutMs: number | undefined;
  readonly connectionId: number;
  nextRequestId(): number;
  requestOpened(): void;
  requestEnded(): void;
}

type After = "next" | "close" | "linger";

/** A head and a body up to this size together are sent in one write. */
const ONE_WRITE_BYTES = 64 * 1024;
const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** One connection: serves its requests one after the other until either side closes it. */
export class HttpConnection {
  readonly #connection: Deno.Conn;
  readonly #reader: ConnectionReader;
  readonly #ports: HttpConnectionPorts;
  readonly #gone = new AbortController();
  #watching: Promise<void> | undefined;
  #closed = false;

  constructor(connection: Deno.Conn, ports: HttpConnectionPorts) {
    this.#connection = connection;
    this.#reader = new ConnectionReader(connection);
    this.#ports = ports;
    // Otherwise the end of an answer waits for the TCP acknowledgement of its beginning.
    if ("setNoDelay" in connection) (connection as Deno.TcpConn).setNoDelay(true);
  }

  /**
   * Serves until the connection ends.
   *
   * @throws what the handler threw, after answering 500.
   */
  async run(): Promise<void> {
    try {
      while (await this.#serveOne() === "next");
    } catch (error) {
      if (!(error instanceof ConnectionGone)) throw error;
    } finally {
      this.drop();
      await this.#watching;
    }
  }

  /** Closes the connection, in whatever state it is. */
  drop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone.abort(new ConnectionGone("The connection was dropped"));
    this.#connection.close();
  }

  async #serveOne(): Promise<After> {
    let after: After;
    try {
      const head = await this.#readHead();
      if (!head) return "close";
      this.#ports.requestOpened();
      try {
        after = await this.#serveRequest(head);
      } finally {
        this.#ports.requestEnded();
      }
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      const { status, message } = error;
      const headers = { "Content-Type": "text/plain; charset=utf-8" };
      await this.#respond("GET", { status, headers, body: `${message}\n` }, "close");
      after = "linger";
    }
    if (after === "linger") await this.#linger();
    return after;
  }

  async #serveRequest(head: RequestHead): Promise<After> {
    const { connectionId, nextRequestId, onHead, handler, maxBodyBytes } = this.#ports;
    const { method, target, path, query, headers } = head;
    const announced = { method, target, path, query, headers, connectionId };
    const early = { ...announced, requestId: nextRequestId() };
    const verdict = onHead?.(early) ?? "go_on";
    if (verdict === "close") return "close";
    if (verdict !== "go_on") {
      await this.#respond(method, verdict, "close");
      return "linger";
    }
    if (head.expectsContinue && this.#reader.buffered.length === 0) await this.#write(CONTINUE);
    const body = await readBody(this.#reader, head.framing, maxBodyBytes);
    this.#gone.signal.throwIfAborted(); // requests of a dropped connection are ignored
    try {
      const answer = handler({ ...early, body }, this.#gone.signal);
      if (answer instanceof Promise) this.#watch();
      const given = await answer;
      return await this.#perform("do" in given ? given : { do: "respond", response: given }, head);
    } catch (error) {
      if (error instanceof ConnectionGone) throw error;
      await this.#respond(method, { status: 500, body: "The handler failed\n" }, "close");
      throw error;
    }
  }

  /** Detects that the client leaves while the answer is being made. */
  #watch(): void {
    if (this.#watching || this.#reader.buffered.length > 0) return;
    this.#watching = this.#reader.fill().then((alive) => {
      this.#watching = undefined;
      if (!alive) this.#gone.abort(new ConnectionGone("The client left"));
    });
  }

  async #perform(action: HttpAction, head: RequestHead): Promise<After> {
    const { method } = head;
    switch (action.do) {
      case "respond": {
        const keep = head.keepAlive && !action.response.closeAfter;
        const connection = !keep ? "close" : head.http10 ? "keep-alive" : undefined;
        await this.#respond(method, action.response, connection);
        return keep ? "next" : "close";
      }
      case "close":
        return "close";
      case "reset_in_body": {
        const body = bodyBytes(action.response);
        const sent = body.subarray(0, Math.max(0, action.afterBytes));
        await this.#send(responseHead(action.response, body.length, undefined), sent);
        return "close";
      }
      case "wrong_length": {
        const body = bodyBytes(action.response);
        const said = Math.max(0, body.length + action.lengthDelta);
        await this.#send(responseHead(action.response, said, undefined), body);
        return "close";
      }
      case "drip":
        await this.#drip(action.response, action.chunkBytes, action.everyMs);
        return "close";
      case "hang":
        await this.#reader.discard();
        return "close";
      case "raw":
        await this.#write(action.bytes);
        return action.closeAfter ? "close" : "next";
    }
  }

  async #drip(response: HttpResponse, chunkBytes: number, everyMs: number): Promise<void> {
    this.#watch();
    const body = bodyBytes(response);
    await this.#write(responseHead(response, body.length, "close"));
    for (let at = 0; at < body.length; at += chunkBytes) {
      await this.#write(body.subarray(at, at + chunkBytes));
      await this.#ports.clock.sleep(everyMs, this.#gone.signal);
    }
  }

  async #respond(
    method: string,
    response: HttpResponse,
    connection: "close" | "keep-alive" | undefined,
  ): Promise<void> {
    const body = bodyBytes(response);
    const head = responseHead(response, body.length, connection);
    await this.#send(head, carriesBody(method, response.status) ? body : new Uint8Array());
  }

  async #send(head: Uint8Array, body: Uint8Array): Promise<void> {
    if (head.length + body.length > ONE_WRITE_BYTES) {
      await this.#write(head);
      await this.#write(body);
      return;
    }
    const whole = new Uint8Array(head.length + body.length);
    whole.set(head);
    whole.set(body, head.length);
    await this.#write(whole);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#connection.write(at === 0 ? bytes : bytes.subarray(at));
      }
    } catch (error) { // a write fails only when the client is gone or was dropped
      throw new ConnectionGone("The client left before the answer", { cause: error });
    }
  }

  /** Lets an early answer arrive: closing with unread bytes would reset the connection before it. */
  async #linger(): Promise<void> {
    try {
      await this.#connection.closeWrite();
    } catch (error) {
      throw new ConnectionGone("The client left before the answer", { cause: error });
    }
    await this.#reader.discard(this.#ports.maxBodyBytes);
  }

  /**
   * @returns undefined at the end of the connection.
   */
  async #readHead(): Promise<RequestHead | undefined> {
    const reader = this.#reader;
    for (let from = 0;;) {
      if (from === 0) this.#skipEmptyLines();
      const bytes = reader.buffered;
      const end = headEnd(bytes, from);
      if (end >= 0) {
        const head = parseRequestHead(bytes.subarray(0, end));
        reader.consume(end);
        return head;
      }
      // A TLS handshake, for one, never sends a line end: refuse what cannot start a method.
      if (bytes.length > 0 && !/[!-~]/.test(String.fromCharCode(bytes[0] ?? 0))) {
        throw new RequestRefused(400, "Cannot read the request line");
      }
      if (bytes.length >= MAX_HEAD_BYTES) throw new RequestRefused(431, "The head is too large");
      from = Math.max(0, bytes.length - 2);
      if (!await (bytes.length === 0 ? this.#fillOrIdleOut() : reader.fill())) return undefined;
    }
  }

  /** Some clients send an empty line after a body; RFC 9112 section 2.2 lets a server skip it. */
  #skipEmptyLines(): void {
    const bytes = this.#reader.buffered;
    let at = 0;
    while (bytes[at] === 13 || bytes[at] === 10) at++;
    this.#reader.consume(at);
  }

  async #fillOrIdleOut(): Promise<boolean> {
    const { idleTimeoutMs, clock } = this.#ports;
    if (idleTimeoutMs === undefined) return await this.#reader.fill();
    const arrived = new AbortController();
    const timer = clock.sleep(idleTimeoutMs, arrived.signal).then(() => this.drop(), () => {});
    const alive = await this.#reader.fill();
    arrived.abort();
    await timer; // its rejection says only that the request came in time
    return alive;
  }
}
