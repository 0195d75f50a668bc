const SUCCESS = '{"text":"Success","code":0}';

/** A HEC that takes everything and reads nothing of it: to load a client, not to check it. */
export class LoadHec {
  #requests = 0;
  #wireBytes = 0;

  get requests(): number {
    return this.#requests;
  }

  /** Bytes of the bodies as they came, compressed or not. */
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
