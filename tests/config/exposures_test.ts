import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { type Given, smallest, sourceOf } from "./test_sources.ts";

interface Around {
  readonly modes?: Readonly<Record<string, number>>;
  readonly names?: readonly string[];
}

function warnings(given: Given, { modes = {}, names = [] }: Around): string[] {
  const source = {
    ...sourceOf(given),
    modeOf: (path: string) => modes[path],
    variableNames: () => names,
  };
  const result = loadConfig(source);
  assert.ok(result.ok);
  return result.config.warnings.map(({ place, message, hint }) => `${place}: ${message}. ${hint}`);
}

const fromFiles = smallest.replace("hidden-1", "'${file:/run/key}'")
  .replace("hidden-2", "'${file:/run/token}'");
const files = { "/run/key": "hidden-1", "/run/token": "hidden-2" };

Deno.test("loadConfig() warns of secret files that every user may read, with the command", () => {
  const modes = { "/run/key": 0o100644, "/run/token": 0o100604, "sls2hec.yaml": 0o100644 };
  assert.deepEqual(warnings({ text: fromFiles, files }, { modes }), [
    "sls.credentials.access_key_secret: every user of this machine may read /run/key (mode 0644), " +
    "which holds a secret. chmod o-r /run/key; in Kubernetes, set the volume's defaultMode to 0440",
    "hec.token: every user of this machine may read /run/token (mode 0604), which holds a secret. " +
    "chmod o-r /run/token; in Kubernetes, set the volume's defaultMode to 0440",
  ]);
});

for (const mode of [0o100600, 0o100400, 0o100640, 0o100440, 0o100660]) {
  Deno.test(`loadConfig() says nothing of a secret file of mode ${mode.toString(8)}`, () => {
    const modes = { "/run/key": mode, "/run/token": mode };
    assert.deepEqual(warnings({ text: fromFiles, files }, { modes }), []);
  });
}

Deno.test("loadConfig() warns of files of credentials and keys that every user may read", () => {
  const text = fromFiles.replace(/credentials: .*/, "credentials: {file: creds.json}")
    .replace("hec: {", "hec: {tls: {cert_file: me.pem, key_file: me.key}, ");
  const modes = { "creds.json": 0o100644, "me.key": 0o100644, "me.pem": 0o100644 };
  const found = warnings({ text, files }, { modes });
  assert.equal(found.length, 2, found.join("\n"));
  assert.match(
    found[0]!,
    /^sls2hec\.yaml:4:\d+: sls\.credentials\.file: .*creds\.json \(mode 0644\)/,
  );
  assert.match(found[1]!, /^sls2hec\.yaml:6:\d+: hec\.tls\.key_file: .*me\.key \(mode 0644\)/);
});

Deno.test("loadConfig() warns of a configuration that holds a secret itself and that every user may read", () => {
  const modes = { "sls2hec.yaml": 0o100644 };
  const [found, ...others] = warnings({ text: smallest }, { modes });
  assert.match(found!, /^sls2hec\.yaml:4:\d+: sls\.credentials\.access_key_secret: every user/);
  assert.match(found!, /sls2hec\.yaml \(mode 0644\), which holds a secret itself/);
  assert.ok(!found!.includes("hidden"));
  assert.deepEqual(others, []);
  assert.deepEqual(warnings({ text: fromFiles, files }, { modes }), [], "it contains none");
});

Deno.test("loadConfig() counts the login of a proxy as a secret, in the configuration and in a file", () => {
  const modes = { "sls2hec.yaml": 0o100644, "/run/pw": 0o100644 };
  const withProxy = (proxy: string) =>
    warnings({
      text: fromFiles.replace("sls:", `sls:\n  proxy: "${proxy}"`),
      files: { ...files, "/run/pw": "hidden-3" },
    }, { modes }).map((line) => line.split(": every")[0]);
  assert.deepEqual(withProxy("http://proxy:3128"), []);
  assert.deepEqual(withProxy("http://u:hidden-3@proxy:3128"), ["sls2hec.yaml:3:10: sls.proxy"]);
  assert.deepEqual(withProxy("http://u:${file:/run/pw}@proxy:3128"), ["sls.proxy"]);
});

const folders: [mode: number, warned: boolean][] = [
  [0o40700, false],
  [0o40755, false],
  [0o40770, false],
  [0o40777, true],
  [0o40702, true],
  [0o41777, false],
];
for (const [mode, warned] of folders) {
  Deno.test(`loadConfig() ${warned ? "warns" : "says nothing"} of a folder of mode ${mode.toString(8)}`, () => {
    const text = `${fromFiles}\ndead_letters: {folder: /var/parked}\n`;
    const found = warnings({ text, files }, { modes: { "/var/parked": mode } });
    if (!warned) return assert.deepEqual(found, []);
    assert.equal(found.length, 1);
    assert.match(
      found[0]!,
      /: dead_letters\.folder: every user .* \(mode 0\d+\)\. chmod o-w \/var\/parked$/,
    );
  });
}

Deno.test("loadConfig() warns of variables that undo limits by their names", () => {
  const names = ["SSLKEYLOGFILE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "PATH"];
  const env = { SSLKEYLOGFILE: "/hidden", DENO_TLS_CA_STORE: "system" };
  const found = warnings({ text: fromFiles, files, env }, { names });
  assert.deepEqual(found.map((line) => line.split(":")[0]), [
    "variable NODE_EXTRA_CA_CERTS",
    "variable SSLKEYLOGFILE",
  ]);
  assert.match(found[0]!, /it adds trusted .*\. Set sls\.ca_file and hec\.tls\.ca_file/);
  assert.ok(!found.join().includes("hidden"));
});

Deno.test("loadConfig() says nothing of a variable that the configuration itself reads", () => {
  const text = fromFiles.replace("hec: {", "hec: {tls: {ca_file: '${env:NODE_EXTRA_CA_CERTS}'}, ");
  const env = { NODE_EXTRA_CA_CERTS: "ca.pem" };
  assert.deepEqual(warnings({ text, files, env }, { names: Object.keys(env) }), []);
});
