import type { Secret } from "../base/secret.ts";

/** The HEC token, which others may replace while the program runs. */
export interface HecToken {
  /** The token to send now: the same object as long as it is the same. */
  current(signal: AbortSignal): Promise<Secret>;
  /** As `current`, but looks at once whether it has been replaced, as after a refusal. */
  newest(signal: AbortSignal): Promise<Secret>;
}

/** A token that never changes. */
export function fixedToken(token: Secret): HecToken {
  return { current: () => Promise.resolve(token), newest: () => Promise.resolve(token) };
}
