import type { Config, SourceConfig } from "../../src/config/config.ts";

export const SLS =
  "{endpoint: cn-hangzhou, credentials: {access_key_id: id1, access_key_secret: key1}}";
export const HEC = `{url: "https://a.example.com:8088", token: token1}`;

/** A file with one plain source and the sources of a case. */
export function fileOf(sources: string, { sls = SLS, hec = HEC, more = "" } = {}): string {
  return `
sls: ${sls}
consumer: {group: g}
hec: ${hec}
${more}
sources:
  - {project: p, logstore: plain}
${sources.trim().split("\n").map((line) => `  ${line}`).join("\n")}
`;
}

/** The last source of a file. */
export function last({ sources }: Config): SourceConfig {
  return sources.at(-1)!;
}

export type Top = Parameters<typeof fileOf>[1];
