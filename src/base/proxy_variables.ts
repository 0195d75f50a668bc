const NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Variables by which Deno's `fetch` takes a proxy of its own accord, without any permission; `NO_PROXY` would
 * also lead around the proxy of the configuration.
 */
export const PROXY_VARIABLES: readonly string[] = [
  ...NAMES,
  ...NAMES.map((name) => name.toLowerCase()),
];

/**
 * Takes them out of this process, its workers included, so that only what the configuration says decides which
 * way requests go. Call it before the first request.
 */
export function forgetProxyVariables(): void {
  for (const name of PROXY_VARIABLES) Deno.env.delete(name);
}
