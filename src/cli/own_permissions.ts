import type { Grant } from "../config/grant.ts";

/** What a configuration needs and this isolate was not given, one line each. */
export function missingPermissions({ why }: Grant): string[] {
  return why.filter((reason) => !isGiven(reason)).map(({ permission, value, reason }) =>
    `${VERBS[permission]} ${value} (${reason})`
  );
}

/** What a configuration needs and this isolate was given, such as `reach 127.0.0.1:8088`. */
export function givenPermissions({ why }: Grant): string[] {
  return why.filter(isGiven).map(({ permission, value }) => `${VERBS[permission]} ${value}`);
}

/** Kinds of which this isolate was given everything, or anything of what nobody needs. */
export function widePermissions(): string[] {
  return KINDS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
}

/** Gives up everything that this isolate was given, for good. */
export function giveUpPermissions(): void {
  for (const name of KINDS) Deno.permissions.revokeSync({ name });
}

const KINDS = ["net", "read", "write", "env", "sys", "run", "ffi", "import"] as const;

function isGiven({ permission, value }: Grant["why"][number]): boolean {
  return Deno.permissions.querySync(descriptor(permission, value)).state === "granted";
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
