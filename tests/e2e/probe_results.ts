/** What `probing_worker.ts` finds with permission for the host of one URL alone; `other` is on another host or port. */
export function reachesOnly(allowed: string, other: string): Record<string, string> {
  return {
    [`fetch ${allowed}`]: "permitted",
    [`fetch ${other}`]: "denied",
    [`node:http ${allowed}`]: "permitted",
    [`node:http ${other}`]: "denied",
    [`connect ${allowed}`]: "permitted",
    [`connect ${other}`]: "denied",
    read: "denied",
    write: "denied",
    env: "denied",
    sys: "denied",
    run: "denied",
  };
}
