import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { loaded, reportOf, smallest, sourceOf } from "./test_sources.ts";

const ARN = "acs:ram::1234567890123456";
const ROLE = `role_arn: "${ARN}:role/r"`;
const PROVIDER = `provider_arn: "${ARN}:oidc-provider/p"`;
const KEYS = "access_key_id: id, access_key_secret: hidden-1";
const SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYzKq";

const withCredentials = (text: string) => smallest.replace(KEYS, text);
const assumeRole = (text: string) => withCredentials(`${KEYS}, assume_role: {${text}}`);
const oidc = (text: string) => withCredentials(`oidc: {${text}}`);

const refused: [sentence: string, text: string, ...lines: RegExp[]][] = [
  [
    "a role without a name of the session",
    assumeRole(ROLE),
    /:4:\d+: sls\.credentials\.assume_role\.session_name: found nothing; expected a session name/,
  ],
  [
    "every wrong option of a role at once",
    assumeRole(
      `role_arn: logreader, session_name: a, external_id: "${SECRET}!", duration: 14m, ` +
        `policy: "no JSON", sts_endpoint: "http://sts.test"`,
    ),
    /role_arn: found "logreader"; expected the ARN of a RAM role: acs:ram::ACCOUNT:role\/NAME$/,
    /session_name: found "a"; expected a session name: 2 to 64 letters/,
    /external_id: found a value; expected an external id: 2 to 1224/,
    /duration: found "14m"; expected a duration in whole seconds from 15m to 12h/,
    /policy: found .*not shown.*; expected a RAM policy as JSON text/,
    /sts_endpoint: found "http:\/\/sts\.test\/?"; expected a host .*http only for this host itself/,
  ],
  [
    "a session of more than 12 hours",
    assumeRole(`${ROLE}, session_name: me, duration: 721m`),
    /duration: found "721m"; expected .* from 15m to 12h/,
  ],
  [
    "a duration without a unit",
    assumeRole(`${ROLE}, session_name: me, duration: 3600`),
    /duration: found "3600"; expected a unit after the number/,
  ],
  [
    "a policy of more than 2048 characters",
    assumeRole(`${ROLE}, session_name: me, policy: '{"a":"${"x".repeat(2042)}"}'`),
    /policy: found .*; expected a RAM policy as JSON text: an object, at most 2048/,
  ],
  [
    "a policy that is a list",
    assumeRole(`${ROLE}, session_name: me, policy: "[]"`),
    /policy: found .*; expected a RAM policy/,
  ],
  [
    "an unknown key of a role",
    assumeRole(`${ROLE}, session_name: me, externalid: x`),
    /externalid: found an unknown key; expected external_id/,
  ],
  [
    "a role that is no mapping",
    withCredentials(`${KEYS}, assume_role: auto`),
    /assume_role: found a value; expected a mapping of options$/,
  ],
  [
    "a role without anything to assume it with",
    withCredentials(`assume_role: {${ROLE}, session_name: me}`),
    /access_key_id: found nothing; .*or file, ecs_ram_role or oidc/,
    /access_key_secret: found nothing/,
  ],
  [
    "a role that is assumed with the role of a service account",
    oidc(`${ROLE}, ${PROVIDER}, token_file: t}, assume_role: {${ROLE}, session_name: me`),
    /assume_role: found a mapping; expected only one of oidc and assume_role$/,
  ],
  [
    "the role of a service account beside a key pair",
    withCredentials(`${KEYS}, oidc: {${ROLE}, ${PROVIDER}, token_file: t}`),
    /oidc: found a mapping; expected only one of access_key_id and oidc$/,
  ],
  [
    "the role of a service account beside that of an instance",
    withCredentials(`ecs_ram_role: auto, oidc: {${ROLE}, ${PROVIDER}, token_file: t}`),
    /oidc: found a mapping; expected only one of ecs_ram_role and oidc$/,
  ],
  [
    "an OIDC provider that is a role, and no token",
    oidc(`${ROLE}, provider_arn: "${ARN}:role/r"`),
    /provider_arn: found "acs:ram::1234567890123456:role\/r"; expected the ARN of an OIDC provider/,
    /token_file: found nothing; .*in the variable ALIBABA_CLOUD_OIDC_TOKEN_FILE$/,
  ],
  [
    "auto outside of a pod",
    withCredentials("oidc: auto"),
    /role_arn: found nothing; expected the ARN .* in the variable ALIBABA_CLOUD_ROLE_ARN$/,
    /provider_arn: found nothing; .* ALIBABA_CLOUD_OIDC_PROVIDER_ARN$/,
    /token_file: found nothing; .* ALIBABA_CLOUD_OIDC_TOKEN_FILE$/,
  ],
  [
    "another word than auto",
    withCredentials("oidc: on"),
    /oidc: found a value; expected auto, or a mapping of options$/,
  ],
  [
    "a host of STS with a path",
    assumeRole(`${ROLE}, session_name: me, sts_endpoint: sts.aliyuncs.com/x`),
    /sts_endpoint: found .*; expected a host/,
  ],
  [
    "a login at STS, which is not shown",
    assumeRole(`${ROLE}, session_name: me, sts_endpoint: "https://u:${SECRET}@sts.test"`),
    /sts_endpoint: found "https:\/\/…@sts\.test\/?"; expected a host/,
  ],
];
for (const [sentence, text, ...patterns] of refused) {
  Deno.test(`loadConfig() refuses ${sentence}`, () => {
    const lines = reportOf({ text });
    assert.equal(lines.length, patterns.length, lines.join("\n"));
    for (const pattern of patterns) assert.match(lines.join("\n"), new RegExp(pattern, "m"));
    assert.doesNotMatch(lines.join("\n"), new RegExp(`hidden|${SECRET}`));
  });
}

Deno.test("loadConfig() says which variable of a pod is wrong", () => {
  const [line] = reportOf({
    text: oidc(`${PROVIDER}, token_file: t`),
    env: { ALIBABA_CLOUD_ROLE_ARN: SECRET },
  });
  assert.match(
    line!,
    /^variable ALIBABA_CLOUD_ROLE_ARN: sls\.credentials\.oidc\.role_arn: found .*not shown/,
  );
});

Deno.test("loadConfig() prefers what the file says to the variables of a pod", () => {
  const { credentials } = loaded({
    text: oidc(`${ROLE}, ${PROVIDER}, token_file: t`),
    env: { ALIBABA_CLOUD_ROLE_ARN: `${ARN}:role/other`, ALIBABA_CLOUD_ROLE_SESSION_NAME: "pod-7" },
  }).sls;
  assert.ok(credentials.from === "oidc");
  assert.equal(credentials.roleArn, `${ARN}:role/r`);
  assert.equal(credentials.sessionName, "pod-7");
});

Deno.test("loadConfig() takes the key that assumes a role from its variables", () => {
  const { credentials } = loaded({
    text: withCredentials(`assume_role: {${ROLE}, session_name: me}`),
    env: { SLS_AK_ID: "id-of-variable", SLS_AK_KEY: "hidden-3" },
  }).sls;
  assert.ok(credentials.from === "assume_role" && credentials.base.from === "options");
  assert.equal(credentials.base.accessKeyId.value.reveal(), "id-of-variable");
});

Deno.test("loadConfig() reads no variable of a pod when oidc is not written", () => {
  const reads: string[] = [];
  const source = sourceOf({ text: smallest });
  loadConfig({ ...source, env: (name) => void reads.push(name) });
  assert.deepEqual(reads.filter((name) => name.startsWith("ALIBABA")), []);
});

Deno.test("loadConfig() for an executable needs the token's file of auto, and no role", () => {
  const load = (env: Record<string, string>) =>
    loadConfig(sourceOf({ text: withCredentials("oidc: auto"), env }), "compile");
  const result = load({});
  assert.ok(!result.ok);
  const paths = result.problems.map(({ path }) => path);
  assert.deepEqual(paths, ["sls.credentials.oidc.token_file"]);
  assert.ok(load({ ALIBABA_CLOUD_OIDC_TOKEN_FILE: "/t" }).ok);
});

for (
  const [text, origin] of [
    ["sts.aliyuncs.com", "https://sts.aliyuncs.com:443"],
    ["https://STS.test:8443/", "https://sts.test:8443"],
    ["http://localhost:81", "http://localhost:81"],
    ["http://[::1]", "http://[::1]:80"],
  ]
) {
  Deno.test(`loadConfig() takes ${text} as the host of STS`, () => {
    const given = `${ROLE}, session_name: me, sts_endpoint: "${text}"`;
    const { credentials } = loaded({ text: assumeRole(given) }).sls;
    assert.ok(credentials.from === "assume_role");
    assert.equal(credentials.sts.origin, origin);
    assert.equal(credentials.base.from, "options");
  });
}
