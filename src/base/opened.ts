/**
 * Things that are opened for the first who uses them, shared by all who use the same, and given up with the last. A user
 * and a thing are known by a text each.
 */
export class Opened<T> {
  /** By id. */
  readonly #things = new Map<string, T>();
  /** Ids of the things, by user. */
  readonly #users = new Map<string, string>();

  /** What is open. */
  get all(): Iterable<T> {
    return this.#things.values();
  }

  /** What is open under an id. */
  get(id: string): T | undefined {
    return this.#things.get(id);
  }

  /**
   * What a user uses.
   * @param open Makes it, if it is not open.
   */
  use(user: string, id: string, open: () => T): T {
    const thing = this.#things.get(id) ?? open();
    this.#things.set(id, thing);
    this.#users.set(user, id);
    return thing;
  }

  /**
   * Forgets a user.
   * @returns what no other uses, which is forgotten too; undefined when there is none.
   */
  leave(user: string): T | undefined {
    const id = this.#users.get(user);
    this.#users.delete(user);
    if (id === undefined || [...this.#users.values()].includes(id)) return undefined;
    const thing = this.#things.get(id);
    this.#things.delete(id);
    return thing;
  }
}
