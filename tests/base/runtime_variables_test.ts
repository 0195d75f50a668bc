import assert from "node:assert/strict";
import {
  PROXY_VARIABLES,
  UNSAFE_VARIABLE_NAMES,
  unsafeVariables,
} from "../../src/base/runtime_variables.ts";

const found = (names: string[], caStore?: string) =>
  unsafeVariables(names, caStore).map(({ name }) => name);

const UNSAFE = [
  ...UNSAFE_VARIABLE_NAMES,
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "DENO_COVERAGE_DIR",
  "DENO_UNSTABLE_SLOPPY_IMPORTS",
  "DENO_AUTH_TOKENS",
  "DENO_INTERNAL_CHILD_ENTRYPOINT",
  "DENO_SOMETHING_NEW",
  "DENO_LOG",
  "OTEL_DENO",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "NODE_V8_COVERAGE",
  "NPM_CONFIG_REGISTRY",
  "JSR_URL",
  "HOSTALIASES",
  "GLIBC_TUNABLES",
];
for (const name of UNSAFE) {
  Deno.test(`unsafeVariables() finds ${name}, with what it does and what to set instead`, () => {
    const [variable] = unsafeVariables([name]);
    assert.equal(variable?.name, name);
    assert.ok(variable.effect && variable.instead);
  });
}

Deno.test("unsafeVariables() leaves what moves no limit, and names that are the operator's own", () => {
  const harmless = ["DENO_DIR", "DENO_TLS_CA_STORE", "DENO_NO_UPDATE_CHECK", "DENO_USE_CGROUPS"];
  const own = ["NODE_NAME", "NODE_IP", "NODE_ENV", "PATH", "HOME", "SLS_AK_KEY", "LDAP", "TZ"];
  assert.deepEqual(found([...harmless, ...own, ...PROXY_VARIABLES]), []);
});

Deno.test("unsafeVariables() leaves where the host's authorities are, if those are asked for", () => {
  const names = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
  assert.deepEqual(found(names, "system"), []);
  assert.deepEqual(found(names, "mozilla,system"), []);
  assert.deepEqual(found(names, "mozilla"), ["SSL_CERT_DIR", "SSL_CERT_FILE"]);
});
