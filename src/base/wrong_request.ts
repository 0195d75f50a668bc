import { HintedError } from "./hinted_error.ts";

/** What the operator asked for cannot be done, whatever is tried; nothing was begun. */
export class WrongRequest extends HintedError {
  override name = "WrongRequest";
}
