import type { Grant } from "../config/grant.ts";

/** What a configuration needs and this process was not given, one line each. */
export function missingPermissions({ why }: Grant): string[] {
  return why.filter(({ permission, value }) =>
    Deno.permissions.querySync(descriptor(permission, value)).state !== "granted"
  ).map(({ permission, value, reason }) => `${VERBS[permission]} ${value} (${reason})`);
}

const VERBS: Readonly<Record<Grant["why"][number]["permission"], string>> = {
  net: "reach",
  read: "read",
  write: "write",
  env: "look at the variable",
  sys: "ask the system for its",
};

function descriptor(
  permission: Grant["why"][number]["permission"],
  value: string,
): Deno.PermissionDescriptor {
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
