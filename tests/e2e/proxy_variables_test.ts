import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Oracle } from "../faults/oracle.ts";
import { startAndDeliver } from "../support/task_start.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("start uses no proxy of the environment that the configuration does not name", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-proxies-" });
  const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const serving = (async () => {
    for await (const connection of proxy) {
      const buffer = new Uint8Array(1000);
      asked.push(new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0)));
      connection.close();
    }
  })();
  try {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const url = `http://127.0.0.1:${proxy.addr.port}`;
    await startAndDeliver(oracle, folder, [], {
      HTTP_PROXY: url,
      http_proxy: url,
      ALL_PROXY: url,
      NO_PROXY: "",
      no_proxy: "",
    });
    assert.deepEqual(asked, []);
  } finally {
    proxy.close();
    await serving;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("start uses the proxy of the environment where the configuration says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-proxies-" });
  try {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const { SLS_ENDPOINT: sls, SPLUNK_HEC_URL: hec } = oracle.env;
    // The emulator takes a request line with a whole URL, as a proxy does; the name exists nowhere.
    await Deno.writeTextFile(
      `${folder}/sls2hec.yaml`,
      `sls: { endpoint: "${sls}", proxy: env, no_proxy: "127.0.0.1" }\n` +
        `hec: { url: "http://splunk.example:8088", proxy: env }\n`,
    );
    await startAndDeliver(oracle, folder, ["-c", "sls2hec.yaml"], { HTTP_PROXY: hec! });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("start goes around the proxy of the environment for the range that NO_PROXY names", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-proxies-" });
  try {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const { SLS_ENDPOINT: sls, SPLUNK_HEC_URL: hec } = oracle.env;
    await Deno.writeTextFile(
      `${folder}/sls2hec.yaml`,
      `sls: { endpoint: "${sls}", proxy: env }\nhec: { url: "${hec}", proxy: env }\n`,
    );
    await startAndDeliver(oracle, folder, ["-c", "sls2hec.yaml"], {
      ALL_PROXY: "http://127.0.0.1:1", // nothing listens there
      NO_PROXY: "fd00::/8, 127.0.0.0/8",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("start with a malformed range in NO_PROXY says so, and starts nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-proxies-" });
  try {
    await Deno.writeTextFile(
      `${folder}/sls2hec.yaml`,
      `sls: { endpoint: cn-hangzhou, proxy: env }\n`,
    );
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", `--config=${ROOT}deno.json`, "start", "-c", "sls2hec.yaml"],
      cwd: folder,
      env: { INIT_CWD: folder, NO_COLOR: "1", NO_PROXY: "10.0.0.0/33" },
    }).output();
    assert.equal(code, 2);
    assert.match(
      new TextDecoder().decode(stderr),
      /variable NO_PROXY: sls\.no_proxy: found "?10\.0\.0\.0\/33"?; expected as entry 1 a range/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
