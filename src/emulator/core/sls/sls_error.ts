/**
 * An error of SLS: an HTTP status and the JSON body `{"errorCode":…,"errorMessage":…}`
 * (the vendor's error code pages).
 */
export class SlsError extends Error {
  override name = "SlsError";
  readonly status: number;
  /** Such as `LogStoreNotExist`. Clients match on it, never on the message. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** 400 `ParameterInvalid`: an invalid query value or header. */
export function parameterInvalid(message: string): SlsError {
  return new SlsError(400, "ParameterInvalid", message);
}

/** 400 `MissingParameter` for a query key. */
export function missingQueryKey(key: string): SlsError {
  return new SlsError(400, "MissingParameter", `Missing query key : ${key}`);
}

/** 400 `MissingParameter` for a header. */
export function missingHeader(name: string): SlsError {
  return new SlsError(400, "MissingParameter", `Missing http extend header key : ${name}`);
}

/** 400 `InvalidCursor`: not decodable, outside the retained range, or of another shard. */
export function invalidCursor(cursor: string): SlsError {
  return new SlsError(400, "InvalidCursor", `invalid cursor ${cursor}`);
}
