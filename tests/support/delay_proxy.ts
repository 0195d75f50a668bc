const CHUNK_BYTES = 256 * 1024;

/**
 * Passes TCP connections on to another port of this host as a long line does: every byte arrives this much
 * later, and as many as like are under way. What it cannot show is a line's bandwidth, and TCP's own start.
 */
export class DelayProxy implements AsyncDisposable {
  /** Half a round trip. May be changed at any time; bytes under way keep their delay. */
  oneWayMs: number;
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;

  constructor(targetUrl: string, oneWayMs = 0) {
    this.#targetPort = Number(new URL(targetUrl).port);
    this.oneWayMs = oneWayMs;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) this.#close(connection);
    await this.#accepting;
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      const running = this.#join(near).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    for (const connection of [near, far]) {
      connection.setNoDelay(true);
      this.#open.add(connection);
    }
    await Promise.all([this.#pass(near, far), this.#pass(far, near)]);
    for (const connection of [near, far]) this.#close(connection);
  }

  /** Passes one direction on until it ends or breaks; a break ends the other direction too. */
  async #pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    let last = Promise.resolve();
    let broken = false;
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const length = await from.read(buffer).catch(() => undefined);
      if (length === undefined) broken = true;
      if (!length || broken) break;
      const due = delay(this.oneWayMs);
      const before = last;
      last = (async () => {
        await due;
        await before;
        try {
          for (let at = 0; at < length;) at += await to.write(buffer.subarray(at, length));
        } catch {
          broken = true; // the other side has closed
        }
      })();
    }
    await last;
    if (broken) { for (const connection of [from, to]) this.#close(connection); }
    else await to.closeWrite().catch(() => {}); // closed meanwhile
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#open.delete(connection)) connection.close();
  }
}

function delay(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
