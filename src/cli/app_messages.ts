import type { Config } from "../config/config.ts";
import type { Grant } from "../config/grant.ts";

/** What crosses between the main isolate of a narrowed program and the worker that runs the whole app. */
export type ToApp =
  | { readonly type: "run"; readonly setup: unknown }
  /** Finish what is in hand. */
  | { readonly type: "stop"; readonly reason: string }
  | { readonly type: "ping" };

export type FromApp =
  /** The modules are loaded. */
  | { readonly type: "ready" }
  | { readonly type: "ended"; readonly abandonedShards: number }
  | { readonly type: "failed"; readonly message: string; readonly hint: string }
  | { readonly type: "pong" };

/** `setup` of the run, as `serialize` makes it. */
export interface AppSetup {
  readonly config: Config;
  readonly grant: Grant;
}
