import assert from "node:assert/strict";
import { Oracle } from "../faults/oracle.ts";
import { NAMED } from "../hec/certificates.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { startAndDeliver } from "../support/task_start.ts";

for (const kind of ["http", "https", "socks5"] as const) {
  Deno.test(`start with a proxy of ${kind} reaches SLS and HEC through it, by names that it alone knows`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sls2hec-proxies-" });
    try {
      await using oracle = new Oracle({ shards: 2 });
      await using proxy = new ConnectProxy(undefined, kind);
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 10);
      const [sls, hec] = [oracle.sls.url, oracle.hec.url].map((url) => new URL(url).port);
      await Deno.writeTextFile(`${folder}/ca.pem`, NAMED.cert); // of the proxy itself
      await Deno.writeTextFile(
        `${folder}/sls2hec.yaml`,
        `
workers: 2
sls: { endpoint: "http://sls.test:${sls}", proxy: "${proxy.url}", ca_file: ca.pem }
hec: { url: "http://splunk.test:${hec}", proxy: "${proxy.url}", tls: { ca_file: ca.pem } }
`,
      );
      await startAndDeliver(oracle, folder, ["-c", "sls2hec.yaml"]);
      assert.deepEqual(
        [...new Set(proxy.targets)].sort(),
        [`p.sls.test:${sls}`, `splunk.test:${hec}`],
      );
      assert.deepEqual(oracle.verdict().violations, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
