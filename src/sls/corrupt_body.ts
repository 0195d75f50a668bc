/** A compressed body that does not decode to what its headers announce. */
export class CorruptBody extends Error {
  override name = "CorruptBody";

  constructor(what: string) {
    super(`Cannot decompress the page: ${what}`);
  }
}
