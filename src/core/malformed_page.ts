/** Decompressed bytes of a page that are not a LogGroupList. The message says where, never what. */
export class MalformedPage extends Error {
  override name = "MalformedPage";

  constructor(what: string, offset: number) {
    super(`Cannot read the page: ${what} at byte ${offset} of the decompressed LogGroupList`);
  }
}
