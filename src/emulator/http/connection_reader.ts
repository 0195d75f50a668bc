/** Largest request head: request line and headers (431 above it). */
export const MAX_HEAD_BYTES = 64 * 1024;

/** The client has left, or its connection was dropped: no answer can be sent. */
export class ConnectionGone extends Error {
  override name = "ConnectionGone";
}

/** Reads one connection through one reused buffer. At most one read runs at any time. */
export class ConnectionReader {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(MAX_HEAD_BYTES);
  #start = 0;
  #end = 0;
  #filling: Promise<boolean> | undefined;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Bytes received and not consumed yet; valid until the next call of any method. */
  get buffered(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Removes the first `count` bytes of `buffered`. */
  consume(count: number): void {
    this.#start += count;
  }

  /**
   * Waits until more bytes are in the buffer. Overlapping calls share one read.
   *
   * @returns false when the client has ended its side or is gone, or the buffer is full.
   */
  fill(): Promise<boolean> {
    return this.#filling ??= this.#read();
  }

  async #read(): Promise<boolean> {
    this.#makeRoom();
    const count = await this.#readFromClient(this.#buffer.subarray(this.#end));
    this.#end += count;
    this.#filling = undefined;
    return count > 0;
  }

  #makeRoom(): void {
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
    } else if (this.#end === this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }

  /**
   * Puts the next bytes into `target`; bypasses the buffer when it is empty, so bodies are not copied.
   *
   * @returns how many, 1 or more.
   * @throws {ConnectionGone} when the client has ended its side.
   */
  async readInto(target: Uint8Array): Promise<number> {
    if (this.#start === this.#end && this.#filling) await this.#filling;
    const ready = Math.min(this.#end - this.#start, target.length);
    if (ready > 0) {
      target.set(this.#buffer.subarray(this.#start, this.#start + ready));
      this.#start += ready;
      return ready;
    }
    const count = await this.#readFromClient(target);
    if (count === 0) throw new ConnectionGone("The client ended in the middle of a body");
    return count;
  }

  /** Reads and discards until the client ends its side or `maxBytes` have arrived. */
  async discard(maxBytes = Infinity): Promise<void> {
    for (let left = maxBytes; left > 0;) {
      left -= this.buffered.length;
      this.consume(this.buffered.length);
      if (!await this.fill()) return;
    }
  }

  /**
   * @returns 0 at the end, also for a reset, broken TLS, or a dropped connection.
   */
  async #readFromClient(target: Uint8Array): Promise<number> {
    try {
      return await this.#connection.read(target) ?? 0;
    } catch {
      return 0;
    }
  }
}
