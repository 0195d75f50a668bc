/** Waits for conditions that events change, until one deadline for all of them. */
export class Waiting implements Disposable {
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #checks = new Set<() => void>();
  #over = false;

  constructor(deadlineMs: number) {
    this.#timer = setTimeout(() => {
      this.#over = true;
      this.look();
    }, deadlineMs);
  }

  /** Looks at all conditions again. */
  look(): void {
    for (const check of this.#checks) check();
  }

  /** @throws {Error} that names `what` when the deadline passes first. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (condition()) resolve();
      else if (this.#over) reject(new Error(`Waited too long: expected ${what}`));
    };
    this.#checks.add(check);
    check();
    try {
      await promise;
    } finally {
      this.#checks.delete(check);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
