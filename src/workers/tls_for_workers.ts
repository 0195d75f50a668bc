import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import type { PostedTls } from "./tls_in_main.ts";

/** The certificates and keys of a leg, as workers ask for them: sent when they have others. */
export class TlsForWorkers {
  readonly #files: TlsFiles;
  #texts: TlsTexts | undefined;
  #id = 0;

  constructor(files: TlsFiles) {
    this.#files = files;
  }

  /** @param known The id of those that the worker has. */
  async answer(known: number | undefined, signal: AbortSignal): Promise<PostedTls> {
    const texts = await this.#files.current(signal);
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#id++;
    }
    return known === this.#id ? { id: this.#id } : { id: this.#id, texts };
  }
}
