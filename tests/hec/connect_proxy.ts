/** A proxy for tests: lets `CONNECT` through, if the login is right, and counts. */
export class ConnectProxy implements AsyncDisposable {
  /** Targets of the tunnels, such as `127.0.0.1:8088`. */
  readonly targets: string[] = [];
  refused = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #login: string | undefined;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;

  /** @param login `user:password`, or undefined to let anybody through. */
  constructor(login?: string) {
    this.#login = login && `Basic ${btoa(login)}`;
    this.#serving = this.#serve();
  }

  get url(): string {
    const { port } = this.#listener.addr;
    return `http://127.0.0.1:${port}`;
  }

  async #serve(): Promise<void> {
    const tunnels: Promise<void>[] = [];
    for await (const conn of this.#listener) tunnels.push(this.#tunnel(conn));
    await Promise.all(tunnels);
  }

  async #tunnel(client: Deno.TcpConn): Promise<void> {
    this.#open.add(client);
    const [request = "", ...headers] = (await readHead(client)).split("\r\n");
    const login = headers.find((line) => /^proxy-authorization:/i.test(line))
      ?.replace(/^[^:]*:\s*/, "");
    const target = /^CONNECT (\S+) HTTP/.exec(request)?.[1];
    if (target === undefined || login !== this.#login) {
      this.refused++;
      await client.write(new TextEncoder().encode(
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      ));
      return this.#close(client);
    }
    this.targets.push(target);
    const { hostname, port } = new URL(`http://${target}`);
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#open.add(server);
    await client.write(new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
    await Promise.all([this.#copy(client, server), this.#copy(server, client)]);
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch (error) {
      if (this.#open.has(from) && this.#open.has(to)) throw error; // neither end has gone away
    }
    this.#close(from);
    this.#close(to);
  }

  #close(conn: Deno.TcpConn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) this.#close(conn);
    await this.#serving;
  }
}

async function readHead(conn: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await conn.read(buffer);
    if (count === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}
