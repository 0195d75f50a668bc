import { type HttpRequest, type HttpResponse, listenOn } from "./http.ts";

const HOSTNAME = "127.0.0.1";

/** An HTTP server on loopback that only ever sends whole, correct answers. */
export class PlainServer implements AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly #handler: (request: HttpRequest) => HttpResponse;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closing = new AbortController();
  #failure: { readonly error: unknown } | undefined;

  /**
   * Listens at once.
   *
   * @param port 0, the default, takes a free one.
   * @throws {OperatorError} when the port is taken.
   */
  constructor(handler: (request: HttpRequest) => HttpResponse, port = 0) {
    this.#handler = handler;
    const options = {
      hostname: HOSTNAME,
      port,
      signal: this.#closing.signal,
      onListen: () => {},
      // Reached only when a client leaves in the middle of its body.
      onError: () => new Response(null, { status: 400 }),
    };
    this.#server = listenOn(
      HOSTNAME,
      port,
      () => Deno.serve(options, (request) => this.#answer(request)),
    );
    this.url = `http://${HOSTNAME}:${this.#server.addr.port}`;
  }

  /**
   * Stops listening and drops every connection.
   *
   * @throws what the handler threw first.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#server.finished;
    if (this.#failure) throw this.#failure.error;
  }

  async #answer(request: Request): Promise<Response> {
    const body = request.body ? await request.bytes() : new Uint8Array();
    const { status, headers, body: text, closeAfter } = this.#handle(request, body);
    return new Response(text as string | Uint8Array<ArrayBuffer> | undefined, {
      status,
      headers: {
        "Cache-Control": "no-transform", // without it Deno 2.6 compresses JSON by itself
        ...headers,
        ...(closeAfter && { "Connection": "close" }),
      },
    });
  }

  #handle({ method, url, headers }: Request, body: Uint8Array): HttpResponse {
    // Not by `URL`: a project in front of an IP address makes a host that no URL may have.
    const target = url.slice(url.indexOf("/", "http://".length));
    const [path = ""] = target.split("?", 1);
    const query = new URLSearchParams(target.slice(path.length + 1));
    try {
      return this.#handler({ method, path, query, headers, body });
    } catch (error) {
      this.#failure ??= { error };
      return { status: 500, body: "The handler failed\n" };
    }
  }
}
