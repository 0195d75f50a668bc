import assert from "node:assert/strict";
import type { Config, HecConfig, SlsConfig, SourceConfig } from "../../src/config/config.ts";
import type { ConfigSource } from "../../src/config/read/source.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";

/** What the environment alone must say. */
export const variables: Readonly<Record<string, string>> = {
  SLS_ENDPOINT: "cn-hangzhou.log.aliyuncs.com",
  SLS_AK_ID: "LTAI4TESTEXAMPLEKEYID",
  SLS_AK_KEY: "ExampleSecret0123456789",
  SLS_PROJECT: "demo-project",
  SLS_LOGSTORE: "demo-store",
  SLS_CG: "demo-group",
  SPLUNK_HEC_URL: "https://splunk.example.com:8088",
  SPLUNK_HEC_TOKEN: "11111111-2222-3333-4444-555555555555",
};

/** A file that says all that must be said, and nothing else. */
export const smallest = `
sls:
  endpoint: cn-hangzhou.log.aliyuncs.com
  credentials: {access_key_id: id, access_key_secret: hidden-1}
consumer: {group: demo-group}
hec: {url: "https://splunk.example.com:8088", token: hidden-2}
sources: [{project: demo-project, logstore: demo-store}]
`;

/** What is given to a test's configuration. */
export interface Given {
  readonly text?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly nowMs?: number;
}

/** A source of given text, variables and files, and nothing of this machine. */
export function sourceOf({ text, env = {}, files = {}, nowMs = Infinity }: Given): ConfigSource {
  return {
    text,
    fileName: text === undefined ? undefined : "sls2hec.yaml",
    nowMs: () => nowMs,
    env: (name) => Object.hasOwn(env, name) ? env[name] : undefined,
    readFile(path) {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      if (content === undefined) throw new Error("there is no such file");
      return content;
    },
  };
}

/** A configuration with a source. */
export type SourcedConfig = Config & {
  readonly sources: readonly [SourceConfig, ...SourceConfig[]];
  /** Those of the first source. */
  readonly sls: SlsConfig;
  readonly hec: HecConfig;
};

/** The configuration, which has a source; the test fails with the report if there is none. */
export function loaded(given: Given): SourcedConfig {
  const config = loadedPatterns(given);
  assert.ok(config.sources.length > 0, "there is no source");
  const [{ sls, hec }] = config.sources as SourcedConfig["sources"];
  return Object.freeze({ ...config, sls, hec }) as SourcedConfig;
}

/** The same, where there may be patterns only. */
export function loadedPatterns(given: Given): Config {
  const result = loadConfig(sourceOf(given));
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return result.config;
}

/** The access key id, its secret and the token, when the options themselves give them. */
export function keyTriple({ sls: { credentials } }: SourcedConfig): (string | undefined)[] {
  assert.equal(credentials.from, "options");
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return [accessKeyId, accessKeySecret, securityToken].map((live) => live?.value.reveal());
}

/** The lines of the report, without its heading; the test fails if there is none. */
export function reportOf(given: Given): string[] {
  const result = loadConfig(sourceOf(given));
  assert.ok(!result.ok, "Expected problems, got a configuration");
  return formatProblems(result.problems).split("\n").slice(1).map((line) => line.trim());
}
