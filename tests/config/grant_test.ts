import assert from "node:assert/strict";
import { PROXY_VARIABLES } from "../../src/base/runtime_variables.ts";
import { type Grant, grantFlags, grantTable } from "../../src/config/grant.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { type Given, smallest, sourceOf, variables } from "./test_sources.ts";

function grantFor(given: Given): Grant {
  const result = loadConfig(sourceOf(given));
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return result.grant;
}

/** What differs from one configuration to another: each asks for the variables of proxies. */
const ownEnv = ({ env }: Grant) => env.filter((name) => !PROXY_VARIABLES.includes(name));
const lists = (grant: Grant) => {
  const { net, read, write, sys } = grant;
  return { net, read, write, env: ownEnv(grant), sys };
};

const everything = `
sls:
  endpoint: \${env:WHERE}
  credentials: {access_key_id: "\${env:AK}", access_key_secret: "\${file:secrets/ak}"}
  ca_file: certs/sls.pem
  proxy: socks5://proxy-a
consumer: {group: g, name: n}
hec:
  urls: ["https://hec-1", "http://[::1]:8088/x", "https://hec-2:8088"]
  token: \${file:secrets/token}
  tls: {ca_file: certs/hec.pem, cert_file: certs/me.pem, key_file: certs/me.key}
  proxy: http://user:pw@proxy-b:3128
sources:
  - {project: p1, logstore: a}
  - {project: p1, logstore: b}
  - {project: p2, logstore: a}
dead_letters: {folder: state/dead}
ledger: {file: state/ledger}
log: {file: logs/out.log, backups: 2}
`;
/** The log file and its backups, and nothing else of their folder. */
const LOGS = ["logs/out.log", "logs/out.log.1", "logs/out.log.2"];
const given = {
  text: everything,
  env: { WHERE: "cn-hangzhou", AK: "id" },
  files: { "secrets/ak": "x", "secrets/token": "y" },
};

Deno.test("loadConfig() grants exactly what a full configuration names", () => {
  assert.deepEqual(lists(grantFor(given)), {
    net: [
      "p1.cn-hangzhou.log.aliyuncs.com:443",
      "p2.cn-hangzhou.log.aliyuncs.com:443",
      "proxy-a:1080",
      "hec-1:443",
      "[::1]:8088",
      "hec-2:8088",
      "proxy-b:3128",
    ],
    read: [
      "sls2hec.yaml",
      "secrets/ak",
      "secrets/token",
      "certs/sls.pem",
      "certs/hec.pem",
      "certs/me.pem",
      "certs/me.key",
      "state/dead",
      "state/ledger",
      ...LOGS,
    ],
    write: ["state/dead", "state/ledger", ...LOGS],
    env: ["WHERE", "AK", "SLS_REGION", "SLS_SECURITY_TOKEN", "SPLUNK_HEC_ACK"],
    sys: [],
  });
});

Deno.test("loadConfig() grants variables only when there is no file", () => {
  const env = {
    ...variables,
    SLS_ENDPOINT: "http://127.0.0.1:8080",
    SPLUNK_HEC_URL: "http://localhost",
  };
  assert.deepEqual(lists(grantFor({ env })), {
    net: ["127.0.0.1:8080", "localhost:80"],
    read: ["dead-letters"],
    write: ["dead-letters"],
    env: [
      "SLS_ENDPOINT",
      "SLS_REGION",
      "SLS_AK_ID",
      "SLS_AK_KEY",
      "SLS_SECURITY_TOKEN",
      "SLS_PROXY",
      "SLS_CG",
      "SPLUNK_HEC_URL",
      "SPLUNK_HEC_TOKEN",
      "SPLUNK_HEC_CA_FILE",
      "SPLUNK_HEC_PROXY",
      "SPLUNK_HEC_ACK",
      "SLS_ENDPOINTS",
      "SLS_PROJECTS",
      "SLS_LOGSTORES",
      "SLS_PROJECT",
      "SLS_LOGSTORE",
      "SPLUNK_INDEX",
      "SPLUNK_SOURCETYPE",
      "SPLUNK_SOURCE",
    ],
    sys: ["hostname"],
  });
});

/** What the smallest file leaves to variables. */
const LEFT_OUT = [
  ["SLS_REGION", "sls.region"],
  ["SLS_SECURITY_TOKEN", "sls.credentials.security_token"],
  ["SLS_PROXY", "sls.proxy"],
  ["SPLUNK_HEC_CA_FILE", "hec.tls.ca_file"],
  ["SPLUNK_HEC_PROXY", "hec.proxy"],
  ["SPLUNK_HEC_ACK", "hec.ack"],
] as const;
const LEFT_OUT_NAMES: readonly string[] = LEFT_OUT.map(([name]) => name);

Deno.test("loadConfig() grants no variable that the file makes needless", () => {
  const grant = grantFor({ text: smallest });
  assert.deepEqual(ownEnv(grant), LEFT_OUT_NAMES);
  assert.deepEqual(grant.read, ["sls2hec.yaml", "dead-letters"]);
});

const ARN = "acs:ram::1234567890123456";
const assumeRole = (more = "") =>
  `assume_role: {role_arn: "${ARN}:role/r", session_name: me${more}}`;

const credentials: [sentence: string, option: string, net: string[], read: string[]][] = [
  ["a file of credentials", "file: /run/sls.json", [], ["/run/sls.json"]],
  ["a RAM role", "ecs_ram_role: auto", ["100.100.100.200:80"], []],
  [
    "another metadata service",
    'ecs_ram_role: r, ecs_metadata_url: "http://127.0.0.1:81"',
    ["127.0.0.1:81"],
    [],
  ],
  [
    "a role that is assumed with a file of credentials",
    `file: /run/sls.json, ${assumeRole()}`,
    ["sts.cn-hangzhou.aliyuncs.com:443"],
    ["/run/sls.json"],
  ],
  [
    "a role that is assumed with a RAM role, at another STS",
    `ecs_ram_role: auto, ${assumeRole(", sts_endpoint: sts.test:8443")}`,
    ["100.100.100.200:80", "sts.test:8443"],
    [],
  ],
  [
    "a role of a service account",
    `oidc: {role_arn: "${ARN}:role/r", provider_arn: "${ARN}:oidc-provider/p", token_file: /run/token}`,
    ["sts.cn-hangzhou.aliyuncs.com:443"],
    ["/run/token"],
  ],
];
for (const [sentence, option, net, read] of credentials) {
  Deno.test(`loadConfig() grants what ${sentence} needs, and no variable of a key`, () => {
    const pair = "access_key_id: id, access_key_secret: hidden-1";
    const grant = grantFor({ text: smallest.replace(pair, option) });
    const usual = grantFor({ text: smallest });
    assert.deepEqual(grant.net.filter((host) => !usual.net.includes(host)), net);
    assert.deepEqual(grant.read.filter((path) => !usual.read.includes(path)), read);
    assert.ok(!grant.env.includes("SLS_SECURITY_TOKEN"));
  });
}

Deno.test("loadConfig() grants the host's name if any source has no consumer name", () => {
  const two = "{project: p, logstore: a, consumer: {name: n}}, {project: p, logstore: b}";
  const text = smallest.replace("{project: demo-project, logstore: demo-store}", two);
  assert.deepEqual(grantFor({ text }).sys, ["hostname"]);
});

for (const backups of [0, 1, 3]) {
  Deno.test(`loadConfig() grants a log file and its ${backups} backups, and not their folder`, () => {
    const grant = grantFor({ text: `${smallest}\nlog: {file: out.log, backups: ${backups}}\n` });
    const logs = ["out.log", "out.log.1", "out.log.2", "out.log.3"].slice(0, backups + 1);
    assert.deepEqual([grant.read, grant.write], [
      ["sls2hec.yaml", "dead-letters", ...logs],
      ["dead-letters", ...logs],
    ]);
  });
}

for (const stream of ["/dev/stdout", "/dev/stderr"]) {
  Deno.test(`loadConfig() grants nothing for ${stream}, which is the process's own`, () => {
    const grant = grantFor({
      text: `${smallest}\nlog: {file: ${stream}}\nledger: {file: ${stream}}\n`,
    });
    assert.deepEqual([grant.read, grant.write], [["sls2hec.yaml", "dead-letters"], [
      "dead-letters",
    ]]);
  });
}

Deno.test("loadConfig() says what each value is needed for", () => {
  const { why } = grantFor(given);
  const reasonOf = (wanted: string) => why.find(({ value }) => value === wanted)?.reason;
  assert.equal(reasonOf("hec-1:443"), "Splunk HEC");
  assert.equal(reasonOf("p1.cn-hangzhou.log.aliyuncs.com:443"), "SLS project p1");
  assert.equal(reasonOf("AK"), "sls.credentials.access_key_id");
  assert.equal(reasonOf("secrets/token"), "hec.token");
  assert.equal(reasonOf("proxy-b:3128"), "hec.proxy");
  assert.equal(reasonOf("logs/out.log.2"), "log.file");
});

Deno.test("loadConfig() does not ignore a variable that the configuration reads", () => {
  const text = smallest.replace("hidden-2", "'${env:LOG_TOKENS}'");
  const grant = grantFor({ text, env: { LOG_TOKENS: "x" } });
  assert.deepEqual(grant.ignoreEnv, ["LOG_STREAM"]);
  assert.ok(grant.env.includes("LOG_TOKENS"));
});

Deno.test("grantFlags() spells the grant for Deno, without empty lists", () => {
  assert.deepEqual(grantFlags(grantFor({ text: smallest.replace("group: demo", "name: n, $&") })), [
    "--no-prompt",
    "--allow-net=demo-project.cn-hangzhou.log.aliyuncs.com:443,splunk.example.com:8088",
    "--allow-read=sls2hec.yaml,dead-letters",
    "--allow-write=dead-letters",
    `--allow-env=${[...LEFT_OUT_NAMES, ...PROXY_VARIABLES].join(",")}`,
    "--ignore-env=LOG_TOKENS,LOG_STREAM",
  ]);
});

Deno.test("grantFlags() refuses a path that Deno would cut in two", () => {
  const grant = grantFor({ text: smallest });
  assert.throws(() => grantFlags({ ...grant, read: ["a,/etc"] }), { name: "UsageError" });
});

const commas = [
  'ledger: {file: "a,/etc"}',
  'log: {file: "a,/etc"}',
  'dead_letters: {folder: "a,/etc"}',
  'backfill: {folder: "a,/etc"}',
];
for (const text of commas) {
  Deno.test(`a configuration with a comma in a path is refused: ${text}`, () => {
    const result = loadConfig(sourceOf({ text: `${smallest}\n${text}\n` }));
    assert.ok(!result.ok);
    assert.match(
      formatProblems(result.problems),
      /expected the path of a (file|folder): .*no comma/,
    );
  });
}

Deno.test("a configuration with a comma in the path of a reference is refused, and reads nothing", () => {
  const text = smallest.replace("hidden-2", "'${file:a,/etc/passwd}'");
  const result = loadConfig(sourceOf({ text, files: { "a,/etc/passwd": "x" } }));
  assert.ok(!result.ok);
  assert.match(formatProblems(result.problems), /whose path has a comma/);
});

const proxyRows = PROXY_VARIABLES.map((name) => {
  const value = name.padEnd("demo-project.cn-hangzhou.log.aliyuncs.com:443".length);
  return `env         ${value}  removed, so that Deno uses no proxy on its own\n`;
}).join("");

const leftOutRows = LEFT_OUT.map(([name, option]) => `env         ${name.padEnd(45)}  ${option}\n`)
  .join("");

Deno.test("grantTable() shows every value with its reason", () => {
  const table = grantTable(grantFor({ text: smallest }));
  assert.equal(
    table,
    `Permission  Value                                          For
net         demo-project.cn-hangzhou.log.aliyuncs.com:443  SLS project demo-project
net         splunk.example.com:8088                        Splunk HEC
read        sls2hec.yaml                                   the configuration
read        dead-letters                                   dead_letters.folder
write       dead-letters                                   dead_letters.folder
${leftOutRows}${proxyRows}sys         hostname                                       generated consumer names
env         LOG_TOKENS                                     read by a library; reported as not set
env         LOG_STREAM                                     read by a library; reported as not set
Everything else is denied: other hosts, files and variables, programs, native code`,
  );
});
