import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { openHecClients } from "../../src/app/hec_clients.ts";
import { LocalDataPlane } from "../../src/app/local_data_plane.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { loaded } from "../config/test_sources.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";

/** The value of the tag, and the index of its logs in Splunk. */
const GROUPS: [team: string, index: string][] = [
  ["web", "team_web"],
  ["No such name!", "lastchance"],
  ["secret", "lastchance"],
  ["db", "team_db"],
  ["secret", "lastchance"],
  ["web", "team_web"],
];

Deno.test("events of a templated index that is refused or impossible go to the fallback index, and the others to theirs", async () => {
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: "p", logstores: [{ name: "l", shards: 1 }] }],
  });
  const indexes = ["team_web", "team_db", "lastchance"];
  await using hec = HecEmulator.start({ tokens: [{ token: "token", indexes }] });
  const config = loaded({
    text: `
sls: { endpoint: "${sls.url}", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g, fetch_count: 2 }
hec: { url: "${hec.url}", token: token, fallback_index: lastchance, ack: "off" }
sources: [{ project: p, logstore: l, index: "team_\${tag:team}" }]
`,
  });
  for (const [i, [team]] of GROUPS.entries()) {
    const contents: [string, string][] = [["id", String(i)]];
    const group = encodeLogGroup({
      logs: [{ timeSec: 1_759_739_400, contents }],
      tags: [["team", team]],
    });
    sls.data.append({ project: "p", logstore: "l", shard: 0 }, group);
  }
  const events: TelemetryEvent[] = [];
  const deps = {
    ...quietDeps(fastClock(10)),
    telemetry: (event: TelemetryEvent) => void events.push(event),
  };
  using calls = openSls(deps);
  await using planes = new LocalDataPlane(config, {
    env: deps,
    sls: calls,
    hec: openHecClients(deps),
    deadLetters: { park: () => assert.fail("nothing is parked") },
  });
  const plane = planes.add(config.sources[0]!);
  const { beginCursor: cursor } = sls.data.shards({ project: "p", logstore: "l" })[0]!;
  const revoked = new AbortController();
  const lost = new AbortController();
  const listener = { pulled: () => {}, done: () => {}, rewound: () => {}, caughtUp: () => {} };
  const job = { shard: 0, cursor, revoked: revoked.signal, lost: lost.signal };
  const run = plane.run(job, listener);
  await until("all events", 20_000, () => hec.events.length === GROUPS.length);
  revoked.abort(new Error("over"));
  await run;
  const found = hec.events.map(({ raw, index }) => [JSON.parse(raw).id, index]);
  assert.deepEqual(
    found.toSorted(),
    GROUPS.map(([, index], i) => [String(i), index]),
  );
  const counts = { refused: 0, impossible: 0 };
  for (const event of events) {
    if (event.type === "index_fallback") counts[event.cause] += event.events;
  }
  assert.deepEqual(counts, { refused: 2, impossible: 1 });
  assert.deepEqual(events.filter(({ type }) => type === "trouble"), [], "nothing is held");
});
