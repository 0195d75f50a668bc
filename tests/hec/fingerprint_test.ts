import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import http from "node:http";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { HecRequest } from "../../src/hec/transport/hec_transport.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { NAMED, NAMELESS } from "./certificates.ts";
import { ConnectProxy } from "./connect_proxy.ts";

const NEVER = new AbortController().signal;
/** The `node:https` of Deno 2.6 is not relied on in tests. */
const ignore = "IncomingMessageForClient" in http;

const fingerprintOf = ({ cert }: typeof NAMED) =>
  new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();

function events({ token }: HecEmulator): HecRequest {
  return {
    method: "POST",
    path: "/services/collector/event",
    headers: { authorization: `Splunk ${token}`, "user-agent": "sls2hec/test" },
    body: new TextEncoder().encode('{"event":"a"}'),
  };
}

for (const proxied of [false, true]) {
  const way = proxied ? " through a proxy" : "";

  Deno.test(
    `NodeTransport takes the pinned certificate, whatever it says${way}`,
    { ignore },
    async () => {
      await using hec = HecEmulator.start({ tls: NAMELESS });
      await using proxy = new ConnectProxy("user:pass");
      const proxyUrl = proxied ? proxy.url.replace("http://", "http://user:pass@") : undefined;
      const transport = new NodeTransport({
        baseUrl: hec.url,
        verify: true,
        fingerprint: fingerprintOf(NAMELESS),
        caCerts: [],
        client: undefined,
        proxyUrl,
      });
      try {
        for (let n = 0; n < 3; n++) {
          assert.equal((await transport.send(events(hec), NEVER)).status, 200);
        }
        assert.equal(
          hec.connectionsOpened,
          3,
          "each request is checked on its own connection",
        );
        assert.equal(proxy.targets.length, proxied ? 3 : 0);
      } finally {
        transport.close();
      }
    },
  );

  Deno.test(
    `NodeTransport sends nothing to a server with another certificate${way}`,
    { ignore },
    async () => {
      await using proxy = new ConnectProxy("user:pass");
      const proxyUrl = proxied ? proxy.url.replace("http://", "http://user:pass@") : undefined;
      const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...NAMED });
      let bytes = 0;
      const serving = (async () => {
        const connection = await listener.accept();
        try {
          const count = await connection.read(new Uint8Array(1000));
          bytes += count ?? 0;
        } catch {
          // Cut off without a farewell: nothing came.
        }
        connection.close();
      })();
      const transport = new NodeTransport({
        baseUrl: `https://127.0.0.1:${listener.addr.port}`,
        verify: true,
        fingerprint: fingerprintOf(NAMELESS),
        caCerts: [],
        client: undefined,
        proxyUrl,
      });
      try {
        await assert.rejects(
          transport.send({ ...events({ token: "hidden" } as HecEmulator) }, NEVER),
          /its certificate has the SHA-256 fingerprint [0-9a-f]{64}, and hec\.tls\.fingerprint is/,
        );
      } finally {
        transport.close();
        await serving;
        listener.close();
      }
      assert.equal(bytes, 0);
    },
  );
}
