/** Reads what is appended to the files of a dead-letter folder, whole lines only. */
export class DeadLetterTail {
  readonly #folder: string;
  readonly #offsets = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The lines that have come since the last call. */
  *read(): Generator<string> {
    for (const name of this.#names()) {
      const text = Deno.readTextFileSync(`${this.#folder}/${name}`);
      const start = this.#offsets.get(name) ?? 0;
      const end = text.lastIndexOf("\n") + 1;
      this.#offsets.set(name, Math.max(start, end));
      yield* text.slice(start, end).split("\n").filter((line) => line !== "");
    }
  }

  #names(): string[] {
    try {
      return [...Deno.readDirSync(this.#folder)].map(({ name }) => name)
        .filter((name) => name.endsWith(".jsonl"));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}
