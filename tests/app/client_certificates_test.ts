import assert from "node:assert/strict";
import { openHecClients } from "../../src/app/hec_clients.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { loaded } from "../config/test_sources.ts";
import { batchOf, goods } from "../hec/batches.ts";
import { Authority, LOCAL } from "../support/authority.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";
import { TlsFront } from "../support/tls_front.ts";

Deno.test("a client certificate is shown only to the collectors of the sources that it is written for", async () => {
  const authority = new Authority("Test CA");
  const files: Record<string, string> = { "ca.pem": authority.cert };
  for (const commonName of ["east", "west"]) {
    const { cert, key } = authority.sign({ commonName });
    Object.assign(files, { [`${commonName}.pem`]: cert, [`${commonName}-key.pem`]: key });
  }
  await using hec = HecEmulator.start({ tokens: [{ token: "token" }] });
  const server = {
    ...authority.sign({ names: LOCAL }),
    ca: authority.cert, // each collector would take the certificate of either
    requestCert: true,
  };
  await using east = await TlsFront.start(hec.url, server);
  await using west = await TlsFront.start(hec.url, server);
  const tls = (name: string) =>
    `{ ca_file: ca.pem, cert_file: ${name}.pem, key_file: ${name}-key.pem }`;
  const { sources } = loaded({
    files,
    text: `
sls: { endpoint: "http://127.0.0.1:1", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g }
hec: { url: "${east.url}", token: token, tls: ${tls("east")} }
sources:
  - { project: p, logstore: east }
  - { project: p, logstore: west, hec: { url: "${west.url}", token: token, tls: ${tls("west")} } }
  - { project: p, logstore: bare, hec: { url: "${west.url}", token: token, tls: { ca_file: ca.pem } } }
`,
  });
  const deps = { ...quietDeps(fastClock(20)), readTextFile: (path: string) => files[path]! };
  await using clients = openHecClients(deps);
  const stop = new AbortController();
  const deliver = (name: string) => {
    const source = sources.find(({ logstore }) => logstore === name)!;
    const client = clients.of(source);
    const guard = { maxRefusedPercent: 10, maxRefusedInARow: 100 };
    client.addSource({ source: source.name, fallbackIndex: undefined, guard });
    return client.deliver(batchOf(goods(1, name).map(({ text }) => text)), {
      source: source.name,
      signal: stop.signal,
      park: () => assert.fail("nothing is parked"),
      placeOf: () => name,
    });
  };
  const bare = deliver("bare");
  await Promise.all([deliver("east"), deliver("west")]);
  await until("a refusal for want of a certificate", 10_000, () => west.refused.length > 0);
  stop.abort(new Error("over"));
  await assert.rejects(bare, /over/);
  assert.deepEqual([...new Set(east.connections)], ["east"]);
  assert.deepEqual([...new Set(west.connections)], ["west"]);
  assert.equal(hec.events.length, 2);
});
