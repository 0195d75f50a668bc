import assert from "node:assert/strict";
import { proxyUrl } from "../../src/app/open_hec.ts";
import { slsCredentials } from "../../src/app/sls_credentials.ts";
import { LocalProxyBreakers } from "../../src/base/proxy_breakers.ts";
import { noTlsFiles } from "../../src/base/tls_files.ts";
import { loaded, variables } from "../config/test_sources.ts";
import { NAMED } from "../hec/certificates.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { StsService } from "../sls/sts_service.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const NEVER = new AbortController().signal;

/** Credentials of a role whose STS is reached through a proxy. @param login Of the proxy, in its URL. */
function roleThrough(proxy: ConnectProxy, login: string, port: number) {
  const text = JSON.stringify({
    sls: {
      proxy: proxy.url.replace("://", `://${login}`),
      credentials: {
        access_key_id: "base-id",
        access_key_secret: "base-secret",
        assume_role: {
          role_arn: "acs:ram::123456789012:role/logreader",
          session_name: "me",
          sts_endpoint: `localhost:${port}`,
        },
      },
    },
  });
  const { sls } = loaded({ text, env: variables });
  const clock = new FakeClock();
  const deps = { ...quietDeps(clock), random: () => 0 };
  const proxies = new LocalProxyBreakers(deps);
  const texts = { caCerts: [NAMED.cert], client: undefined };
  const tls = { ...noTlsFiles, current: () => Promise.resolve(texts) };
  const credentials = slsCredentials(sls, tls, { ...deps, proxies });
  return { clock, breaker: proxies.of(proxyUrl(sls.proxy!)), credentials };
}

Deno.test("slsCredentials() asks STS through the proxy while another request tries that proxy", async () => {
  await using sts = new StsService(NAMED);
  await using proxy = new ConnectProxy("user:word");
  const { breaker, credentials } = roleThrough(proxy, "user:word@", sts.port);
  using _credentials = credentials;
  const pass = breaker.tryPass(); // of the request that needs the credentials
  assert.ok(pass && breaker.waitMs === Infinity);
  assert.equal((await credentials.current(NEVER)).accessKeyId, "STS.issued-1");
  assert.ok(breaker.isClosed, "the proxy works");
  pass.unknown();
});

Deno.test("slsCredentials() tries a proxy that refuses the login no more often than other requests do", async () => {
  await using sts = new StsService(NAMED);
  await using proxy = new ConnectProxy("user:word");
  const { clock, credentials } = roleThrough(proxy, "user:other@", sts.port);
  using _credentials = credentials;
  const tries = async (seconds: number) => {
    const before = proxy.refused;
    for (let at = 0; at < seconds; at += 5) {
      await assert.rejects(credentials.current(NEVER), /refuses the login/);
      await clock.advance(5000);
    }
    return proxy.refused - before;
  };
  assert.equal(await tries(60), 1);
  assert.equal(await tries(300), 1, "after a minute");
  assert.equal(sts.calls.length, 0);
});
