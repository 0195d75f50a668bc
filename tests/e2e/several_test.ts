import assert from "node:assert/strict";
import type { FaultRule } from "../../src/emulator/hec/fault.ts";
import * as hecFaults from "../../src/emulator/hec/faults.ts";
import { closeFault, slsFault } from "../../src/emulator/sls/faults.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";
import { Forwarder, until } from "../support/forwarder.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";
import { OWN_SECRETS, SeveralServers } from "./several_servers.ts";

await warmWorker(startDataPlaneWorker);

/** A tenth of all calls and requests fails, in several ways. */
function injectFaults(scene: SeveralServers): void {
  const random = seededRandom(7);
  for (const sls of [scene.east, scene.west]) {
    sls.faults.rule = () => {
      const at = random();
      if (at < 0.05) return slsFault(503, "ServerBusy");
      return at < 0.1 ? closeFault() : undefined;
    };
  }
  const rule: FaultRule = () => {
    const at = random();
    if (at < 0.05) return hecFaults.busy();
    if (at < 0.08) return hecFaults.close();
    return at < 0.1 ? hecFaults.storeThenClose() : undefined;
  };
  scene.first.rule = rule;
  scene.other.rule = rule;
}

for (const workers of [0, 2]) {
  Deno.test(`one process with ${workers} workers delivers from two accounts to three tokens, through faults, and shows no secret elsewhere`, async () => {
    await using scene = new SeveralServers();
    scene.write();
    injectFaults(scene);
    const settings = { ...scene.settings(), workers };
    await using run = new AppRun(settings, {}, fastClock(workers === 0 ? 10 : 3));
    await until("delivery", 60_000, () => scene.missing() === 0);
    scene.east.data.createLogstore("p", { name: "audit-3", shards: 2 });
    scene.writeTo("audit-3");
    await until("the new logstore", 60_000, () => scene.missing() === 0);
    for (const [logstore, { kept, dropped }] of scene.written) {
      const of = () => run.app.ledger.filter(({ source }) => source.endsWith(`/${logstore}`));
      const sum = (name: "fetched" | "delivered" | "filtered") =>
        of().reduce((total, entry) => total + entry[name], 0);
      await until(`the ledger of ${logstore}`, 20_000, () => sum("fetched") >= kept.size + dropped);
      assert.equal(sum("fetched"), sum("delivered") + sum("filtered"), logstore);
      assert.ok(sum("filtered") >= dropped && (dropped > 0 || sum("filtered") === 0), logstore);
    }
    await run.stop();
    assert.deepEqual(scene.shown(), OWN_SECRETS);
    const routed = scene.first.events.map(({ raw }) => raw).filter((raw) => raw.includes("routed"));
    assert.ok(routed.length > 0);
    assert.ok(!routed.some((raw) => raw.includes("noise")), "dropped by its route");
    const indexes = new Set(
      scene.first.events.filter(({ raw }) => raw.includes("routed")).map(({ index }) => index),
    );
    assert.deepEqual([...indexes].sort(), ["errors", "last", "team_red"]);
  });
}

Deno.test("a collector that is down for a minute costs the sources of the others nothing", async () => {
  await using scene = new SeveralServers();
  scene.write();
  scene.other.rule = () => hecFaults.close();
  const clock = fastClock(10);
  const startMs = clock.monotonicMs();
  await using _run = new AppRun({ ...scene.settings(), workers: 0 }, {}, clock);
  const others = ["plain", "own", "audit-1", "audit-2", "routed"];
  await until("the others", 60_000, () => scene.missing(...others) === 0);
  const tookMs = clock.monotonicMs() - startMs;
  assert.ok(scene.missing("far") > 0);
  while (clock.monotonicMs() - startMs < 60_000) {
    const beforeMs = clock.monotonicMs();
    for (const logstore of others) scene.writeTo(logstore);
    await until("the others again", 60_000, () => scene.missing(...others) === 0);
    assert.ok(
      clock.monotonicMs() - beforeMs <= Math.max(2 * tookMs, 20_000),
      "they are not slower",
    );
  }
  scene.other.rule = undefined;
  await until("all", 60_000, () => scene.missing() === 0);
});

Deno.test("a wrong key and a wrong token hold their own sources only", async () => {
  await using scene = new SeveralServers();
  scene.write();
  scene.west.accessKeys = [{ id: "west-key", secret: "another-secret" }];
  scene.first.rule = ({ headers }) =>
    headers.get("authorization") === "Splunk second-token" ? hecFaults.invalidToken() : undefined;
  await using run = new AppRun({ ...scene.settings(), workers: 0 }, {}, fastClock(10));
  const others = ["plain", "audit-1", "audit-2", "routed"];
  await until("the others", 60_000, () => scene.missing(...others) === 0);
  const heldTexts = () =>
    run.events.filter((event) => event.type === "trouble" && event.held).map((event) =>
      JSON.stringify(event)
    ).join();
  await until("the holds", 30_000, () => /sources\[1\]\.hec\.token/.test(heldTexts()));
  assert.ok(scene.missing("far") > 0 && scene.missing("own") > 0);
  scene.west.accessKeys = [{ id: "west-key", secret: "west-secret" }];
  scene.first.rule = undefined;
  await until("all", 60_000, () => scene.missing() === 0);
});

Deno.test("a process with several servers, killed again and again, loses no log", async () => {
  await using scene = new SeveralServers();
  scene.write();
  for (const hec of [scene.first, scene.other]) hec.rule = () => hecFaults.slow(15);
  const folder = await Deno.makeTempDir();
  try {
    const settings = { ...scene.settings(), workers: 2 };
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, JSON.stringify(settings));
    const all = scene.missing();
    for (let kill = 1; kill <= 3; kill++) {
      const forwarder = new Forwarder(["-c", "sls2hec.yaml"], {}, folder);
      await until(`delivery before kill ${kill}`, 60_000, () => {
        return scene.missing() <= all - all * kill / 5;
      });
      forwarder.kill("SIGKILL");
      await forwarder.ended();
    }
    const forwarder = new Forwarder(["-c", "sls2hec.yaml"], {}, folder);
    await until("the last delivery", 60_000, () => scene.missing() === 0);
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    assert.equal(code, 0, log);
    assert.deepEqual(scene.shown(), OWN_SECRETS);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
