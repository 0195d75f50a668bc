import { type Clock, systemClock } from "../../base/clock.ts";
import { TaskGroup } from "../../base/task_group.ts";
import { HttpConnection } from "./http_connection.ts";
import { type HttpResponse, listenOn } from "../core/http.ts";
import type { HttpHandler, ReceivedHead } from "./message.ts";

/** How a server is set up. */
interface HttpServerOptions {
  readonly handler: HttpHandler;
  /** For `drip` and `idleTimeoutMs`; the system clock by default. */
  readonly clock?: Clock;
  /** Where to listen; 127.0.0.1 by default. */
  readonly hostname?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** PEM texts; with them the server speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Larger bodies are answered with 413, and the connection closes; 900 MB by default. */
  readonly maxBodyBytes?: number;
  /**
   * Called when the head has arrived, before the body is read. May close the connection or answer
   * early; the connection then closes too, because the body was not read.
   */
  readonly onHead?: (head: ReceivedHead) => "go_on" | "close" | HttpResponse;
  /** Connections without a request for this long are closed; none by default. */
  readonly idleTimeoutMs?: number;
}

/**
 * A small HTTP/1.1 server on raw TCP, so that faults can cut connections, drip, and lie about lengths.
 *
 * If a handler throws, the answer is 500, and `close` throws its error.
 */
export class HttpServer implements AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`; `https` with `tls`. */
  readonly url: string;
  readonly port: number;
  readonly #options: HttpServerOptions;
  readonly #listener: Deno.Listener;
  readonly #tasks = new TaskGroup();
  readonly #connections = new Set<HttpConnection>();
  #connectionsOpened = 0;
  #requestsRead = 0;
  #requestsOpen = 0;
  #requestsOpenMax = 0;
  #closed: Promise<void> | undefined;

  private constructor(listener: Deno.Listener, options: HttpServerOptions) {
    this.#listener = listener;
    this.#options = options;
    const hostname = options.hostname ?? "127.0.0.1";
    this.port = (listener.addr as Deno.NetAddr).port;
    this.url = `${options.tls ? "https" : "http"}://${
      hostname.includes(":") ? `[${hostname}]` : hostname
    }:${this.port}`;
    this.#tasks.spawn("accept connections", () => this.#accept());
  }

  /**
   * Listens at once; connections are accepted from the next turn of the event loop.
   *
   * @throws {OperatorError} when the port is taken.
   */
  static start(options: HttpServerOptions): HttpServer {
    const { hostname = "127.0.0.1", port = 0, tls } = options;
    const listener = listenOn(
      hostname,
      port,
      () =>
        tls
          ? Deno.listenTls({ hostname, port, cert: tls.cert, key: tls.key })
          : Deno.listen({ hostname, port }),
    );
    return new HttpServer(listener, options);
  }

  /** Connections accepted so far. */
  get connectionsOpened(): number {
    return this.#connectionsOpened;
  }

  /** Connections open now. */
  get connectionsOpen(): number {
    return this.#connections.size;
  }

  /** The most requests at one time between their head and the end of their answer. */
  get requestsOpenMax(): number {
    return this.#requestsOpenMax;
  }

  /** Closes every open connection and keeps listening: a restart, as clients see it. */
  dropConnections(): void {
    for (const connection of this.#connections) connection.drop();
  }

  /**
   * Stops listening, drops connections, and waits for handlers to end.
   *
   * @throws what the first failing handler threw.
   */
  close(): Promise<void> {
    return this.#closed ??= this.#shutDown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #shutDown(): Promise<void> {
    this.#listener.close();
    this.dropConnections();
    await this.#tasks.join();
  }

  async #accept(): Promise<void> {
    for (;;) {
      let accepted: Deno.Conn;
      try {
        accepted = await this.#listener.accept();
      } catch (error) {
        if (this.#closed) return; // closing a listener rejects its pending accept
        if (!isOfConnection(error)) throw error;
        continue;
      }
      if (this.#closed) return accepted.close(); // accepted while the server closed
      this.#serve(accepted);
    }
  }

  #serve(accepted: Deno.Conn): void {
    const { handler, clock = systemClock, maxBodyBytes = 900_000_000, onHead, idleTimeoutMs } =
      this.#options;
    const connection = new HttpConnection(accepted, {
      handler,
      clock,
      maxBodyBytes,
      onHead,
      idleTimeoutMs,
      connectionId: ++this.#connectionsOpened,
      nextRequestId: () => ++this.#requestsRead,
      requestOpened: () => {
        this.#requestsOpenMax = Math.max(this.#requestsOpenMax, ++this.#requestsOpen);
      },
      requestEnded: () => this.#requestsOpen--,
    });
    this.#connections.add(connection);
    this.#tasks.spawn(`connection ${this.#connectionsOpened}`, async () => {
      try {
        await connection.run();
      } finally {
        this.#connections.delete(connection);
      }
    });
  }
}

/** Whether accepting failed only for this connection, which the client has already reset. */
function isOfConnection(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}
