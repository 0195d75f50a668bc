import type { Secret } from "../base/secret.ts";

/** The HEC token, which may be replaced while the program runs. */
export interface HecToken {
  /**
   * The token to send now: the same object until it is replaced.
   * @throws the reason of `signal`.
   */
  current(signal: AbortSignal): Promise<Secret>;
  /**
   * Like `current`, but checks at once whether it has been replaced, as after a refusal.
   * @throws the reason of `signal`.
   */
  newest(signal: AbortSignal): Promise<Secret>;
}

/** A token that never changes. */
export function fixedToken(token: Secret): HecToken {
  return { current: () => Promise.resolve(token), newest: () => Promise.resolve(token) };
}
