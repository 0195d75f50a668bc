import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Oracle } from "../faults/oracle.ts";
import { NAMED } from "../hec/certificates.ts";
import { ConnectProxy } from "../hec/connect_proxy.ts";
import { until } from "../support/forwarder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

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
      const child = new Deno.Command(Deno.execPath(), {
        args: ["task", `--config=${ROOT}deno.json`, "start", "-c", "sls2hec.yaml"],
        cwd: folder,
        env: { ...oracle.env, INIT_CWD: folder, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const log = new Response(child.stderr).text();
      try {
        await until("delivery", 30_000, () => oracle.missing === 0);
      } finally {
        child.kill("SIGTERM");
      }
      assert.equal((await child.status).code, 0, await log);
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
