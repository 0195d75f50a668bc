import type { Config } from "../config/config.ts";
import type { Grant } from "../config/grant.ts";
import { PROJECT_ROOT } from "./project_root.ts";

/**
 * A grant with what workers need besides: the isolate that starts one must be allowed to read its modules. Those
 * of an executable lie in it, and are allowed anyway.
 */
export function withWorkers(grant: Grant, { workers }: Config): Grant {
  if (Deno.build.standalone || workers === 0) return grant;
  const value = `${PROJECT_ROOT}src`;
  const reason = "this program's own modules, for its workers";
  return {
    ...grant,
    read: [...grant.read, value],
    why: [...grant.why, { permission: "read", value, reason }],
  };
}
