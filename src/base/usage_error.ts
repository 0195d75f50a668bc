import { OperatorError } from "./operator_error.ts";

/** What the operator asked for cannot be done, whatever is tried; nothing was begun. */
export class UsageError extends OperatorError {
  override name = "UsageError";
}
