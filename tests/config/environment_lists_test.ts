import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { loaded, loadedPatterns, reportOf, sourceOf, variables } from "./test_sources.ts";

const { SLS_ENDPOINT: _endpoint, SLS_PROJECT: _project, SLS_LOGSTORE: _logstore, ...others } =
  variables;
const lists = {
  ...others,
  SLS_ENDPOINTS: "cn-hangzhou;eu-central-1.log.aliyuncs.com",
  SLS_PROJECTS: "p1; p2",
  SLS_LOGSTORES: "a,b;c",
};

Deno.test("loadConfig() makes sources of lists of variables", () => {
  const { sources } = loaded({ env: { ...lists, SPLUNK_INDEX: "i", SLS_REGION: "" } });
  assert.deepEqual(
    sources.map(({ name, address, events }) => [name, address.connectHost, events.index]),
    [
      ["p1/a", "p1.cn-hangzhou.log.aliyuncs.com", ["i"]],
      ["p1/b", "p1.cn-hangzhou.log.aliyuncs.com", ["i"]],
      ["p2/c", "p2.eu-central-1.log.aliyuncs.com", ["i"]],
    ],
  );
  const [one, two, three] = sources.map(({ sls }) => sls.id);
  assert.equal(one, two);
  assert.notEqual(one, three);
});

Deno.test("loadConfig() makes patterns of lists of variables", () => {
  const env = { ...lists, SLS_LOGSTORES: "a-*,b;*" };
  assert.deepEqual(loadedPatterns({ env }).patterns.map(({ name }) => name), ["p1/a-*,b", "p2/*"]);
});

Deno.test("loadConfig() takes the file's endpoint for lists without endpoints", () => {
  const { SLS_ENDPOINTS: _endpoints, ...env } = lists;
  const text = "sls: {endpoint: cn-beijing}";
  assert.deepEqual(loaded({ text, env }).sources.map(({ address }) => address.connectHost), [
    "p1.cn-beijing.log.aliyuncs.com",
    "p1.cn-beijing.log.aliyuncs.com",
    "p2.cn-beijing.log.aliyuncs.com",
  ]);
});

Deno.test("loadConfig() reads no lists beside sources of the file", () => {
  const text = "sls: {endpoint: cn-beijing}\nsources: [{project: p, logstore: l}]";
  const result = loadConfig(sourceOf({ text, env: { ...lists, SLS_PROJECTS: "p1;p2;p3" } }));
  assert.ok(result.ok);
  assert.deepEqual(result.config.sources.map(({ name }) => name), ["p/l"]);
  assert.ok(!result.grant.env.some((name) => name.endsWith("S")), `${result.grant.env}`);
});

Deno.test("loadConfig() grants the lists, and the hosts of all that they name", () => {
  const result = loadConfig(sourceOf({ env: lists }));
  assert.ok(result.ok);
  for (const name of ["SLS_ENDPOINTS", "SLS_PROJECTS", "SLS_LOGSTORES"]) {
    assert.ok(result.grant.env.includes(name), name);
  }
  assert.ok(result.grant.net.includes("p2.eu-central-1.log.aliyuncs.com:443"));
});

type Env = Readonly<Record<string, string>>;
const wrong: [sentence: string, env: Env, report: string, text?: string][] = [
  [
    "more projects than endpoints",
    { SLS_PROJECTS: "p1;p2;p3", SLS_LOGSTORES: "a;b;c" },
    "variable SLS_LOGSTORES: sources: found lists of different lengths: 2 in SLS_ENDPOINTS, 3 in SLS_PROJECTS, 3 in SLS_LOGSTORES; expected lists of equal length: an entry for each project, with ; between them",
  ],
  [
    "fewer lists of logstores",
    { SLS_LOGSTORES: "a,b" },
    "variable SLS_LOGSTORES: sources: found lists of different lengths: 2 in SLS_ENDPOINTS, 2 in SLS_PROJECTS, 1 in SLS_LOGSTORES; expected lists of equal length: an entry for each project, with ; between them",
  ],
  [
    "an endpoint of one source",
    { SLS_ENDPOINT: "cn-hangzhou" },
    "variable SLS_ENDPOINTS: sources: found SLS_ENDPOINT beside it; expected variables of one source or of several: SLS_ENDPOINT or SLS_ENDPOINTS",
  ],
  [
    "a project of one source",
    { SLS_PROJECT: "p" },
    "variable SLS_PROJECTS: sources: found SLS_PROJECT beside it; expected variables of one source or of several: SLS_PROJECT or SLS_PROJECTS",
  ],
  [
    "a logstore of one source",
    { SLS_LOGSTORE: "l" },
    "variable SLS_LOGSTORES: sources: found SLS_LOGSTORE beside it; expected variables of one source or of several: SLS_LOGSTORE or SLS_LOGSTORES",
  ],
  [
    "an endpoint in the file",
    {},
    "variable SLS_ENDPOINTS: sources: found sls.endpoint of the file beside it; expected only one of them",
    "sls: {endpoint: cn-hangzhou}",
  ],
  [
    "no logstores",
    { SLS_LOGSTORES: "" },
    "variable SLS_LOGSTORES: sources[0].logstore: found nothing; expected a logstore name or pattern, or a list of these",
  ],
  [
    "no projects",
    { SLS_PROJECTS: "" },
    "variable SLS_PROJECTS: sources[0].project: found nothing; expected a project name: 1 to 63 lower-case letters, digits and - (not at an end)",
  ],
  [
    "no endpoints",
    { SLS_ENDPOINTS: "" },
    "variable SLS_ENDPOINTS: sls.endpoint: found nothing; expected a region such as cn-hangzhou, or a host",
  ],
  [
    "a semicolon at the end",
    { SLS_PROJECTS: "p1;", SLS_LOGSTORES: "a;b" },
    "variable SLS_PROJECTS: sources: found nothing in entry 2; expected text in each entry",
  ],
  [
    "a comma at the end",
    { SLS_LOGSTORES: "a,;b" },
    "variable SLS_LOGSTORES: sources: found nothing in entry 1; expected text in each entry",
  ],
  [
    "a wrong project",
    { SLS_PROJECTS: "p1;P2" },
    'variable SLS_PROJECTS: sources[1].project: found "P2"; expected a project name: 1 to 63 lower-case letters, digits and - (not at an end)',
  ],
  [
    "the same logstore twice",
    { SLS_LOGSTORES: "a,a;b" },
    "variable SLS_LOGSTORES: sources[0]: found p1/a with group demo-group, as in sources[0]; expected each project, logstore and consumer group once",
  ],
];
for (const [sentence, env, report, text] of wrong) {
  Deno.test(`loadConfig() refuses lists of variables with ${sentence}`, () => {
    const lines = reportOf({ env: { ...lists, ...env }, ...(text !== undefined && { text }) });
    assert.ok(lines[0]?.startsWith(report), lines.join("\n"));
  });
}

Deno.test("loadConfig() refuses lists of too many entries", () => {
  const many = (text: string) => Array(501).fill(text).join(";");
  const lines = reportOf({
    env: {
      ...lists,
      SLS_ENDPOINTS: many("cn-hangzhou"),
      SLS_PROJECTS: Array.from({ length: 501 }, (_, at) => `p${at}`).join(";"),
      SLS_LOGSTORES: many("l"),
    },
  });
  assert.deepEqual(lines, [
    "variable SLS_ENDPOINTS: sources: found 501 entries; expected at most 500",
  ]);
});
