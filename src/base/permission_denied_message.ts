/** What to say when Deno denies something that a configuration needs. @param what Such as `the file x`. */
export function permissionDeniedMessage(what: string, verb = "read"): string {
  return `this program was not given the permission to ${verb} ${what}; start it with the ` +
    "permissions of this configuration, or make the executable again with it";
}
