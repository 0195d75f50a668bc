const SUCCESS = '{"text":"Success","code":0}';

/** A HEC that accepts everything unread: to load a client, not to check it. */
export class LoadHec {
  #requests = 0;
  #wireBytes = 0;

  get requests(): number {
    return this.#requests;
  }

  /** Bytes of the bodies as received, compressed or not. */
  get wireBytes(): number {
    return this.#wireBytes;
  }

  async answer(request: Request): Promise<Response> {
    if (request.body) {
      for await (const chunk of request.body) this.#wireBytes += chunk.length;
    }
    if (request.method === "POST") this.#requests++;
    return new Response(SUCCESS, { headers: { "Content-Type": "application/json" } });
  }
}
