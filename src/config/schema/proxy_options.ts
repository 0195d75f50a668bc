import type { z } from "zod";
import { hostList } from "../types/scalars.ts";
import { type Proxy, proxy } from "../types/urls.ts";
import { optional, type Scalar } from "./declare.ts";

/** The options that say how a server is reached; SLS and Splunk have their own, as they may need different proxies. */
export interface ProxyOptions {
  /** The proxy. */
  readonly proxy: z.ZodOptional<Scalar<Proxy>>;
  /** What is reached without it. */
  readonly no_proxy: z.ZodOptional<Scalar<readonly string[]>>;
}

/**
 * Declares the proxy of a server.
 * @param server Named in the help: `Splunk`.
 * @param env The variable of the proxy.
 */
export function proxyOptions(server: string, env: string): ProxyOptions {
  return {
    proxy: optional(proxy(), {
      help:
        `Proxy for requests to ${server}; env: use HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; none: no proxy.`,
      env,
      example: "http://proxy.example.com:3128",
      without: "direct",
    }),
    no_proxy: optional(hostList(), {
      help: "Hosts and address ranges that are reached without the proxy.",
      example: "localhost,.corp.example.com,10.0.0.0/8",
      without: "none",
    }),
  };
}
