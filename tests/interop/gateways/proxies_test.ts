import assert from "node:assert/strict";
import { LOGSTORE, Oracle, PROJECT } from "../../faults/oracle.ts";
import { NAMED } from "../../hec/certificates.ts";
import { Forwarder, until } from "../../support/forwarder.ts";
import { squid } from "./configs.ts";
import { freePort, Gateway } from "./gateway.ts";
import { forward, gatewayTest, reported, troublesOf } from "./gateway_harness.ts";

/** user:right, as htpasswd would write it. */
const PASSWORDS = new TextDecoder().decode(
  new Deno.Command("openssl", { args: ["passwd", "-apr1", "-salt", "saltsalt", "right"] })
    .outputSync().stdout,
);
const NEEDS_LOGIN = [
  "auth_param basic program /usr/lib/squid/basic_ncsa_auth FOLDER/passwords",
  "auth_param basic realm logs",
  "acl known proxy_auth REQUIRED",
  "http_access allow known",
  "http_access deny all",
];
const WATCHED_MS = 10_000;

for (const side of ["hec", "sls"] as const) {
  for (const tls of [true, false]) {
    if (side === "sls" && tls) continue; // the embedded SLS has no TLS
    for (
      const { refusal, rules, status } of [
        { refusal: "a wrong password", rules: NEEDS_LOGIN, status: "407" },
        { refusal: "a host that is not allowed", rules: ["http_access deny all"], status: "403" },
      ]
    ) {
      gatewayTest(
        ["squid"],
        `squid's ${status} for ${refusal} on the way to ${side} over ${
          tls ? "https" : "http"
        } holds, names ${side}.proxy, and is not asked again at once`,
        async () => {
          await using oracle = new Oracle({ shards: 8, hec: tls ? { tls: NAMED } : {} });
          for (let n = 0; n < 80; n++) oracle.write(n % 8, 10);
          const port = await freePort();
          const folder = await Deno.makeTempDir();
          await Deno.writeTextFile(`${folder}/ca.pem`, NAMED.cert);
          try {
            await using gateway = await Gateway.start({
              name: "squid",
              port,
              config: squid(port, rules),
              files: { passwords: `user:${PASSWORDS}` },
            });
            const proxy = `http://user:S3CRET-wrong@127.0.0.1:${port}`;
            const settings = side === "hec"
              ? { hec: { proxy, ...(tls && { tls: { ca_file: `${folder}/ca.pem` } }) } }
              : { sls: { proxy } };
            await using run = forward(oracle, settings);
            const named = new RegExp(`${side}\\.proxy`);
            await until("its name", 20_000, () => reported(run, named));
            await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
            // What carries the login; a connection that only looks whether the proxy is there counts for nothing.
            const tries = gateway.linesOf("access.log").filter((line) =>
              line.includes("TCP_DENIED")
            ).length;
            // One at once, one after a second, one after five more.
            assert.ok(tries >= 1 && tries <= 4, `${tries} tries in ${WATCHED_MS} ms`);
            if (side === "hec") {
              assert.ok(
                troublesOf(run).some(({ held, hint, message }) =>
                  held === true && named.test(message + hint)
                ),
              );
            }
            const all = JSON.stringify(run.events);
            assert.ok(!all.includes("S3CRET"), "no password is shown");
            assert.ok(!all.includes(btoa("user:S3CRET-wrong")), "in no form");
            assert.equal(oracle.arrivals.length, 0);
          } finally {
            await Deno.remove(folder, { recursive: true });
          }
        },
      );
    }
  }
}

gatewayTest(
  ["squid"],
  "squid with a wrong password is asked once by main and two workers together",
  async () => {
    await using oracle = new Oracle({ shards: 8 });
    for (let n = 0; n < 80; n++) oracle.write(n % 8, 10);
    const port = await freePort();
    const folder = await Deno.makeTempDir();
    try {
      await using gateway = await Gateway.start({
        name: "squid",
        port,
        config: squid(port, NEEDS_LOGIN),
        files: { passwords: `user:${PASSWORDS}` },
      });
      const proxy = `http://user:S3CRET-wrong@127.0.0.1:${port}`;
      await Deno.writeTextFile(
        `${folder}/c.yaml`,
        JSON.stringify({
          workers: 2,
          hec: { proxy },
          sources: [{ project: PROJECT, logstore: LOGSTORE }],
        }),
      );
      const forwarder = new Forwarder(["-c", "c.yaml"], oracle.env, folder);
      await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
      forwarder.kill("SIGTERM");
      const { log } = await forwarder.ended();
      const tries = gateway.linesOf("access.log").filter((line) => line.includes("TCP_DENIED"));
      assert.equal(tries.length, 1, tries.join("\n") + log);
      assert.match(log, /hec\.proxy/);
      assert.doesNotMatch(log, /S3CRET/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

for (const side of ["hec", "sls"] as const) {
  gatewayTest([], `a proxy to ${side} that is away is reported as the proxy`, async () => {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const port = await freePort();
    const proxy = `http://user:S3CRET@127.0.0.1:${port}`;
    await using run = forward(oracle, { [side]: { proxy } });
    const expected = new RegExp(`proxy http://127\\.0\\.0\\.1:${port}.*${side}\\.proxy`);
    await until("the proxy's name", 20_000, () => reported(run, expected));
    assert.ok(!JSON.stringify(run.events).includes("S3CRET"));
  });
}
