/** A request that violates HTTP. The connection answers `status` and closes. */
export class RequestRefused extends Error {
  override name = "RequestRefused";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
