import { NAMED } from "./certificates.ts";

/** How a proxy is spoken to; `https` has the certificate `NAMED`. */
export type ProxyKind = "http" | "https" | "socks5";

/** What a client asked of the proxy; undefined when it was refused. */
interface Asked {
  /** Host and port. */
  readonly target: string;
  /** Written to the client, once the target is reached. */
  readonly answer: Uint8Array;
  /** Written to the target first. */
  readonly first: Uint8Array;
}

/**
 * A proxy for tests: lets tunnels and, without TLS, requests with a whole URL through, if the login is right, and
 * counts. Names that end with `.test` are hosts that it alone knows: they are here.
 */
export class ConnectProxy implements AsyncDisposable {
  /** Targets of the connections, such as `127.0.0.1:8088`. */
  readonly targets: string[] = [];
  refused = 0;
  readonly #kind: ProxyKind;
  readonly #listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>;
  readonly #login: string | undefined;
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;

  /** @param login `user:password` (not for socks5), or undefined to let every client through. */
  constructor(login?: string, kind: ProxyKind = "http") {
    const here = { hostname: "127.0.0.1", port: 0 };
    this.#kind = kind;
    this.#listener = kind === "https" ? Deno.listenTls({ ...here, ...NAMED }) : Deno.listen(here);
    this.#login = login && `Basic ${btoa(login)}`;
    this.#serving = this.#serve();
  }

  /** Its port and address, as in a permission. */
  get host(): string {
    return `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  get url(): string {
    return `${this.#kind}://${this.host}`;
  }

  async #serve(): Promise<void> {
    const tunnels: Promise<void>[] = [];
    for await (const conn of this.#listener) tunnels.push(this.#tunnel(conn));
    await Promise.all(tunnels);
  }

  async #tunnel(client: Deno.Conn): Promise<void> {
    this.#open.add(client);
    const asked =
      await (this.#kind === "socks5" ? askedBySocks(client) : this.#askedByHttp(client));
    if (!asked) {
      this.refused++;
      return this.#close(client);
    }
    this.targets.push(asked.target);
    const { hostname, port } = new URL(`http://${asked.target}`);
    const server = await Deno.connect({
      hostname: hostname.endsWith(".test") ? "127.0.0.1" : hostname,
      port: Number(port),
    });
    this.#open.add(server);
    await client.write(asked.answer);
    await server.write(asked.first);
    await Promise.all([this.#copy(client, server), this.#copy(server, client)]);
  }

  async #askedByHttp(client: Deno.Conn): Promise<Asked | undefined> {
    const bytes = await readHead(client);
    const [request = "", ...headers] = new TextDecoder().decode(bytes).split("\r\n");
    const login = headers.find((line) => /^proxy-authorization:/i.test(line))
      ?.replace(/^[^:]*:\s*/, "");
    const target = /^(?:CONNECT |[A-Z]+ http:\/\/)([^\s/]+)/.exec(request)?.[1];
    if (target === undefined || login !== this.#login) {
      await client.write(encoded(
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      ));
      return undefined;
    }
    const isTunnel = request.startsWith("CONNECT ");
    return {
      target,
      answer: encoded(isTunnel ? "HTTP/1.1 200 Connection established\r\n\r\n" : ""),
      first: isTunnel ? new Uint8Array() : bytes, // the emulators take a whole URL
    };
  }

  async #copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await read(from, buffer);
        if (count === null) break;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch (error) {
      const isInvalidated = error instanceof Deno.errors.BrokenPipe ||
        error instanceof Deno.errors.ConnectionReset;
      // Else neither end has gone away.
      if (!isInvalidated && this.#open.has(from) && this.#open.has(to)) throw error;
    }
    this.#close(from);
    this.#close(to);
  }

  #close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) this.#close(conn);
    await this.#serving;
  }
}

/** RFC 1928, without a login. */
async function askedBySocks(client: Deno.Conn): Promise<Asked | undefined> {
  const buffer = new Uint8Array(512);
  await client.read(buffer); // which ways to log in it knows
  await client.write(Uint8Array.of(5, 0));
  const count = await client.read(buffer);
  if (count === null) return undefined;
  const [kind, length = 0] = buffer.subarray(3);
  const host = kind === 3
    ? new TextDecoder().decode(buffer.subarray(5, 5 + length))
    : buffer.subarray(4, 8).join(".");
  const port = new DataView(buffer.buffer).getUint16(count - 2);
  return {
    target: `${host}:${port}`,
    answer: Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    first: new Uint8Array(),
  };
}

/** What comes until the end of a head; a piece of the body may follow. */
async function readHead(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  let length = 0;
  while (!new TextDecoder().decode(buffer.subarray(0, length)).includes("\r\n\r\n")) {
    const count = await read(conn, buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

/** A client whose process ends says no goodbye in TLS: that is an end too. */
async function read(conn: Deno.Conn, buffer: Uint8Array): Promise<number | null> {
  try {
    return await conn.read(buffer);
  } catch (error) {
    if (error instanceof Deno.errors.UnexpectedEof) return null;
    throw error;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
