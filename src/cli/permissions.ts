import type { Config } from "../config/config.ts";
import type { Grant } from "../config/grant.ts";
import { printError } from "./print.ts";
import { PROJECT_ROOT } from "./program.ts";

type Reason = Grant["why"][number];

const KINDS = ["net", "read", "write", "env", "sys", "run", "ffi", "import"] as const;

const VERBS: Readonly<Record<Reason["permission"], string>> = {
  net: "reach",
  read: "read",
  write: "write",
  env: "read the variable",
  sys: "read the system's",
};

/**
 * Prints what the configuration needs and this program was not granted.
 * @returns whether anything is missing.
 */
export function reportMissing(grant: Grant): boolean {
  const missing = grant.why.filter((reason) => !isGranted(reason));
  if (missing.length === 0) return false;
  printError(
    [
      "error: Cannot start: permissions that the configuration needs are missing:",
      ...missing.map((needed) => `  ${describe(needed)} (${needed.reason})`),
      "hint: Start the program with `deno task start -c FILE`, or rebuild the executable with " +
      "`deno task compile -c FILE`, with this configuration",
    ].join("\n"),
  );
  return true;
}

/** What a configuration needs and this isolate was granted, such as `reach 127.0.0.1:8088`. */
export function grantedPermissions({ why }: Grant): string[] {
  return why.filter(isGranted).map(describe);
}

/** Kinds of permission that this isolate has without any limit. */
export function unrestricted(): string[] {
  return KINDS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
}

/** Drops every permission of this isolate, for good. */
export function dropPermissions(): void {
  for (const name of KINDS) Deno.permissions.revokeSync({ name });
}

/**
 * Adds what workers need to a grant: an isolate may start one only when it may read its modules. Those of an
 * executable are part of it and need no permission.
 */
export function withWorkerReadAccess(grant: Grant, { workers }: Config): Grant {
  if (Deno.build.standalone || workers === 0) return grant;
  const value = `${PROJECT_ROOT}src`;
  const reason = "the program's own modules, for its workers";
  return {
    ...grant,
    read: [...grant.read, value],
    why: [...grant.why, { permission: "read", value, reason }],
  };
}

function isGranted({ permission, value }: Reason): boolean {
  return Deno.permissions.querySync(descriptor(permission, value)).state === "granted";
}

function describe({ permission, value }: Reason): string {
  return `${VERBS[permission]} ${value}`;
}

function descriptor(permission: Reason["permission"], value: string): Deno.PermissionDescriptor {
  switch (permission) {
    case "net":
      return { name: "net", host: value };
    case "read":
      return { name: "read", path: value };
    case "write":
      return { name: "write", path: value };
    case "env":
      return { name: "env", variable: value };
    case "sys":
      return { name: "sys", kind: value as "hostname" };
  }
}
