import assert from "node:assert/strict";
import { stringify } from "yaml";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const SHARDS = 2;
const LOGS = 200;

/** By logstore: the token that its events come with, and the header of a gateway. */
const SENT: Readonly<Record<string, readonly [token: string, key: string | null]>> = {
  red: ["red-token-1", null],
  blue: ["blue-token-1", "key-of-the-gateway"],
  green: ["green-token-1", null],
};

for (const workers of [0, 2]) {
  Deno.test(`three tokens on two collectors, ${workers} workers: each is shown to its own collector alone, and a silent one stops its own source alone`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sls2hec-several-" });
    await using sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{
        name: "p",
        logstores: Object.keys(SENT).map((name) => ({ name, shards: SHARDS })),
      }],
    });
    await using east = HecEmulator.start({
      tokens: [{ token: "red-token-1" }, { token: "blue-token-1", useAck: true }],
    });
    await using west = HecEmulator.start({ tokens: [{ token: "green-token-1" }] });
    let isSilent = true;
    west.rule = ({ kind }) => isSilent && kind === "event" ? faults.hang() : undefined;
    await Deno.writeTextFile(`${folder}/green`, "green-token-1\n");
    await Deno.writeTextFile(
      `${folder}/c.yaml`,
      stringify({
        workers,
        sls: {
          endpoint: sls.url,
          credentials: { access_key_id: "id", access_key_secret: "secret" },
        },
        consumer: { group: "g", heartbeat_interval: "1s", checkpoint_interval: "1s" },
        hec: { url: east.url, token: "red-token-1", timeout: "3s", batch: { max_age: "50ms" } },
        sources: [
          { project: "p", logstore: "red" },
          {
            project: "p",
            logstore: "blue",
            hec: { token: "blue-token-1", headers: { "X-Key": "key-of-the-gateway" } },
          },
          {
            project: "p",
            logstore: "green",
            hec: { url: west.url, token: `\${file:${folder}/green}` },
          },
        ],
      }),
    );
    for (const logstore of Object.keys(SENT)) {
      for (let shard = 0; shard < SHARDS; shard++) {
        for (let n = 0; n < LOGS; n++) {
          const contents: [string, string][] = [["id", `${logstore} ${shard} ${n}`]];
          const group = encodeLogGroup({ logs: [{ timeSec: 1_759_739_400, contents }] });
          sls.data.append({ project: "p", logstore, shard }, group);
        }
      }
    }
    const program = new Forwarder(["-c", "c.yaml"], {}, folder);
    try {
      await until("red and blue", 30_000, () => idsOf(east).size === 2 * SHARDS * LOGS);
      assert.equal(west.events.length, 0);
      isSilent = false;
      await until("green", 30_000, () => idsOf(west).size === SHARDS * LOGS);
    } finally {
      program.kill("SIGTERM");
      const { log } = await program.ended();
      await Deno.remove(folder, { recursive: true });
      assert.doesNotMatch(log, /(red|blue|green)-token-1|key-of-the-gateway/);
    }
    for (const [logstore, [token, key]] of Object.entries(SENT)) {
      const own = logstore === "green" ? west : east;
      const other = own === west ? east : west;
      const withToken = own.requests.filter(({ headers }) => {
        return headers.get("authorization") === `Splunk ${token}`;
      });
      assert.ok(withToken.length > 0);
      assert.ok(withToken.every(({ headers }) => headers.get("x-key") === key));
      const shown = other.requests.map(({ headers }) => [...headers.values()].join(" ")).join(" ");
      assert.ok(!shown.includes(token), `${token} is shown to the other collector`);
      if (key !== null) assert.ok(!shown.includes(key));
    }
  });
}

function idsOf({ events }: HecEmulator): Set<string> {
  return new Set(events.map(({ raw }): string => JSON.parse(raw).id));
}
