import { stringify } from "yaml";

type Options = Readonly<Record<string, unknown>>;

/** What a bench sets besides the load servers' addresses: options of these sections, and others as they are. */
export interface LoadConfigOptions extends Options {
  /** Logstores (1). */
  readonly logstores?: number;
  readonly sls?: Options;
  readonly consumer?: Options;
  readonly hec?: Options;
}

/** The text of a configuration that forwards between load servers, and logs no more than warnings. */
export function loadConfig(
  { slsUrl, hecUrl }: { readonly slsUrl: string; readonly hecUrl: string },
  { logstores = 1, sls, consumer, hec, ...more }: LoadConfigOptions = {},
): string {
  return stringify({
    sls: {
      endpoint: slsUrl,
      credentials: { access_key_id: "id", access_key_secret: "secret" },
      ...sls,
    },
    consumer: { group: "bench", ...consumer },
    hec: { url: hecUrl, token: "token", ...hec },
    sources: Array.from({ length: logstores }, (_, i) => ({ project: "bench", logstore: `l${i}` })),
    log: { level: "warning" },
    ...more,
  });
}
