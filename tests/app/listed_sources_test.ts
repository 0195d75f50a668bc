import assert from "node:assert/strict";
import { listedSources, sourceNamed } from "../../src/app/listed_sources.ts";
import { replay } from "../../src/app/replay_dead_letters.ts";
import type { Config } from "../../src/config/config.ts";
import { DeadLetterFolder } from "../../src/dead_letters/dead_letter_folder.ts";
import { DeadLetterStore } from "../../src/dead_letters/dead_letter_store.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { loadedPatterns } from "../config/test_sources.ts";
import { systemClock } from "../../src/base/clock.ts";
import { fastClock } from "../support/fast_clock.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const NEVER = new AbortController().signal;

function configOf(sls: string, hecs: readonly string[], more = ""): Config {
  const [first, second] = hecs;
  return loadedPatterns({
    text: `
sls: { endpoint: "${sls}", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g }
hec: { url: "${first}", token: first }
sources:
  - { project: p, logstore: plain }
  - { project: p, logstore: "audit-*" }
  - { name: web, project: p, logstore: "web-*", hec: { url: "${second}", token: second } }
${more}`,
  });
}

Deno.test("listedSources() lists logstores only where that is needed", async () => {
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{
      name: "p",
      logstores: ["plain", "audit-2", "audit-1", "web-1"].map((name) => ({ name, shards: 1 })),
    }],
  });
  const config = configOf(sls.url, ["http://a", "http://b"]);
  const deps = quietDeps(fastClock(1));
  const names = async (wanted?: string) =>
    (await listedSources(config, wanted, deps, NEVER)).map(({ source, pattern }) =>
      `${source.name} ${pattern ?? "-"}`
    );
  const ofFile = ["p/plain -"];
  assert.deepEqual(await names("p/plain"), ofFile);
  assert.equal(sls.faults.callsOf("ListLogStores"), 0);
  const audit = ["p/audit-1 p/audit-*", "p/audit-2 p/audit-*"];
  assert.deepEqual(await names("p/audit-*"), [...ofFile, ...audit]);
  assert.equal(sls.faults.callsOf("ListLogStores"), 2, "the list and that of metric stores");
  assert.deepEqual(await names("web"), [...ofFile, "web/web-1 web"]);
  assert.deepEqual(await names("p/audit-1"), [...ofFile, ...audit, "web/web-1 web"]);
  assert.deepEqual(await names(), [...ofFile, ...audit, "web/web-1 web"]);
});

const named: [name: string, logstore: string | undefined][] = [
  ["p/plain", "plain"],
  ["p/audit-7", "audit-7"],
  ["web/web-7", "web-7"],
  ["p/web-7", undefined],
  ["p/other", undefined],
  ["q/audit-7", undefined],
  ["p/audit-metrics-1", undefined],
];
for (const [name, logstore] of named) {
  Deno.test(`sourceNamed() finds ${logstore ?? "nothing"} by ${name}, without a list`, () => {
    const config = configOf("http://127.0.0.1:1", ["http://a", "http://b"]);
    assert.equal(sourceNamed(config, name)?.logstore, logstore);
  });
}

Deno.test("replay() sends each letter where its source's events go, and keeps one of no source", async () => {
  await using first = HecEmulator.start({ tokens: [{ token: "first" }] });
  await using second = HecEmulator.start({ tokens: [{ token: "second" }] });
  const config = configOf("http://127.0.0.1:1", [first.url, second.url]);
  const folder = await Deno.makeTempDir();
  const env = quietDeps(systemClock);
  {
    await using letters = new DeadLetterFolder(env, { folder, maxBytes: 1e6 });
    for (const source of ["p/plain", "web/web-1", "p/audit-1", "gone/x", "web/web-2"]) {
      const envelope = new TextEncoder().encode(JSON.stringify({ event: { source } }));
      const place = { shard: 0, cursor: "c", indexInPage: 0, status: 400, code: 6, text: "bad" };
      await letters.park({ source, reason: "refused", envelope, ...place }, NEVER);
    }
  }
  const store = new DeadLetterStore(folder, systemClock);
  const kept: string[] = [];
  const { delivered, refused } = await replay(config, env, {
    store,
    letters: store.letters(() => {}),
    total: 5,
    onProgress: (_, refusedNow) => kept.push(...refusedNow.map(({ text }) => text)),
  }, NEVER);
  await store.compact();
  assert.deepEqual([delivered, refused], [4, 1]);
  assert.deepEqual(kept, ["source gone/x is not in the configuration"]);
  const sourcesAt = (hec: HecEmulator) =>
    hec.events.map(({ raw }) => JSON.parse(raw).source ?? JSON.parse(raw).event?.source);
  assert.deepEqual(sourcesAt(first), ["p/plain", "p/audit-1"]);
  assert.deepEqual(sourcesAt(second), ["web/web-1", "web/web-2"]);
  assert.deepEqual([...store.letters(() => {})].map(({ record }) => record.source), ["gone/x"]);
  await Deno.remove(folder, { recursive: true });
});
