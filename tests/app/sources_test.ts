import assert from "node:assert/strict";
import type { AppDeps } from "../../src/app/deps.ts";
import { LocalDataPlane } from "../../src/app/local_data_plane.ts";
import { openHecClients } from "../../src/app/hec_clients.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { PullRates } from "../../src/base/pull_rates.ts";
import { Sources } from "../../src/app/sources.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { loaded } from "../config/test_sources.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const PROJECT = "p";

/** Two logstores, a and b, a collector, and sources that the test adds and removes. */
class Scene implements AsyncDisposable {
  readonly sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{
      name: PROJECT,
      logstores: ["a", "b"].map((name) => ({ name, shards: 2 })),
    }],
  });
  readonly hec = HecEmulator.start({});
  readonly dataPlane: LocalDataPlane;
  readonly sources: Sources;
  readonly config;
  readonly #calls;
  readonly #stop = new AbortController();

  constructor() {
    this.config = loaded({
      text: `
sls: { endpoint: "${this.sls.url}", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g, name: c, heartbeat_interval: 5s, fetch_interval: 1s }
hec: { url: "${this.hec.url}", token: "${this.hec.token}", batch: { max_age: 100ms } }
drain_timeout: 10s
sources: [{ project: ${PROJECT}, logstore: a, rate: 100MB }, { project: ${PROJECT}, logstore: b }]
`,
    });
    const deps: AppDeps = {
      ...quietDeps(fastClock(20)),
      proxies: undefined,
      hostname: () => "host",
      pid: 1,
      cores: 1,
      startWorker: () => assert.fail("no worker is needed"),
    };
    this.#calls = openSls(deps);
    const rates = new PullRates(deps.clock);
    this.dataPlane = new LocalDataPlane(this.config, {
      env: deps,
      sls: this.#calls,
      hec: openHecClients(deps),
      deadLetters: { park: () => assert.fail("nothing is parked") },
    });
    const parts = { sls: this.#calls, dataPlanes: this.dataPlane, ledger: new Ledger(), rates };
    this.sources = new Sources(this.config, parts, deps, this.#stop.signal);
  }

  add(logstore: "a" | "b"): void {
    this.sources.add(this.config.sources.find((source) => source.logstore === logstore)!);
  }

  /** Writes one log into each shard of a logstore. */
  write(logstore: string, id: string): void {
    for (const shard of [0, 1]) {
      const contents: [string, string][] = [["id", `${logstore} ${id} ${shard}`]];
      const group = encodeLogGroup({ logs: [{ timeSec: 1_759_739_400, contents }] });
      this.sls.data.append({ project: PROJECT, logstore, shard }, group);
    }
  }

  /** Waits until both logs of a `write` have come. */
  async arrived(logstore: string, id: string): Promise<void> {
    await until(`${logstore} ${id}`, 20_000, () => this.#count(logstore, id) === 2);
  }

  has(logstore: string, id: string): boolean {
    return this.#count(logstore, id) > 0;
  }

  #count(logstore: string, id: string): number {
    const ids = this.hec.events.map(({ raw }): string => JSON.parse(raw).id);
    return new Set(ids.filter((text) => text.startsWith(`${logstore} ${id} `))).size;
  }

  stop(): void {
    this.#stop.abort(new DOMException("The test is over", "AbortError"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.sources[Symbol.asyncDispose]();
    await this.dataPlane[Symbol.asyncDispose]();
    this.#calls[Symbol.dispose]();
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
  }
}

Deno.test("Sources forwards a source that is added while others run, and one that is added again", async () => {
  await using scene = new Scene();
  for (const logstore of ["a", "b"]) scene.write(logstore, "first");
  scene.add("a");
  await scene.arrived("a", "first");
  assert.deepEqual(scene.sources.ids, ["p/a"]);
  assert.equal(scene.has("b", "first"), false);
  scene.add("b");
  await scene.arrived("b", "first");
  await scene.sources.remove("p/a");
  scene.write("a", "second");
  scene.write("b", "second");
  await scene.arrived("b", "second");
  assert.equal(scene.has("a", "second"), false);
  assert.deepEqual(scene.sources.ids, ["p/b"]);
  scene.add("a");
  await scene.arrived("a", "second");
  assert.deepEqual(scene.sources.ids, ["p/b", "p/a"]);
});

Deno.test("Sources.remove() delivers what was pulled, writes the checkpoint and gives the memory back", async () => {
  await using scene = new Scene();
  scene.write("a", "first");
  scene.add("a");
  await scene.arrived("a", "first");
  await scene.sources.remove("p/a");
  assert.equal(scene.dataPlane.reservedBytes, 0);
  const shards = scene.sls.data.shards({ project: PROJECT, logstore: "a" });
  scene.add("a");
  scene.write("a", "second");
  await scene.arrived("a", "second");
  assert.equal(shards.length, 2);
  assert.equal(scene.hec.events.length, 4, "nothing comes twice");
  await scene.sources.remove("no such source");
});

Deno.test("Sources counts the shards that all sources together had to give up", async () => {
  await using scene = new Scene();
  scene.hec.rule = () => faults.busy();
  for (const logstore of ["a", "b"] as const) {
    scene.write(logstore, "first");
    scene.add(logstore);
  }
  await until("requests", 20_000, () => scene.hec.requests.length >= 4);
  scene.stop();
  await scene.sources.join();
  assert.equal(scene.sources.abandonedShards, 4);
});

Deno.test("Sources knows a source by its id: it is not added twice", async () => {
  await using scene = new Scene();
  scene.add("a");
  assert.throws(() => scene.add("a"), RangeError);
  assert.throws(() => scene.dataPlane.add(scene.config.sources[0]!), RangeError);
});
