import assert from "node:assert/strict";
import type { AppDeps } from "../../src/app/deps.ts";
import { Discovery, MAX_DISCOVERED } from "../../src/app/discovery.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { UsageError } from "../../src/base/errors.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { loadedPatterns as loaded } from "../config/test_sources.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until as untilDone } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const until = (done: () => boolean) => untilDone("the discovery", 20_000, done);

/** A project, the discovery of its patterns, and what it starts and ends. */
class Scene implements AsyncDisposable {
  readonly sls;
  readonly added: SourceConfig[] = [];
  readonly removed: string[] = [];
  readonly events: TelemetryEvent[] = [];
  readonly #stop = new AbortController();
  readonly #calls;
  readonly runs: Promise<void>[];

  constructor(logstores: readonly string[], sources: string, consumer = "group: g") {
    this.sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{ name: "p", logstores: logstores.map((name) => ({ name, shards: 1 })) }],
    });
    const config = loaded({
      text: `
sls: { endpoint: "${this.sls.url}", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { ${consumer} }
hec: { url: "http://h", token: t }
sources: [${sources}]
`,
    });
    const deps: AppDeps = {
      ...quietDeps(fastClock(600)),
      telemetry: (event) => void this.events.push(event),
      proxies: undefined,
      hostname: () => "host",
      pid: 1,
      cores: 1,
      startWorker: () => assert.fail("no worker is needed"),
    };
    this.#calls = openSls(deps);
    const parts = {
      sls: this.#calls,
      sources: {
        add: (source: SourceConfig) => void this.added.push(source),
        remove: (name: string) => {
          this.removed.push(name);
          return Promise.resolve();
        },
      },
    };
    const discovery = new Discovery(config, parts, deps);
    this.runs = config.patterns.map(async (pattern) => {
      try {
        await discovery.run(pattern, this.#stop.signal);
      } catch (error) {
        if (error !== this.#stop.signal.reason) throw error;
      }
    });
  }

  get names(): string[] {
    return this.added.map(({ name }) => name);
  }

  troubles(): string[] {
    return this.events.flatMap((event) => event.type === "trouble" ? [event.message] : []);
  }

  lists(): number {
    return this.sls.faults.callsOf("ListLogStores");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("The test ends", "AbortError"));
    await Promise.allSettled(this.runs);
    this.#calls[Symbol.dispose]();
    await this.sls[Symbol.asyncDispose]();
  }
}

const PATTERN = `{ project: p, logstore: "audit-*", discover_interval: 60s }`;

Deno.test("Discovery starts what a pattern matches, but excluded, explicit and earlier ones", async () => {
  const logstores = ["audit-1", "audit-2", "audit-metrics-1", "internal-audit-9", "waf", "audit-x"];
  await using scene = new Scene(
    logstores,
    `${PATTERN}, { project: p, logstore: audit-2 }, { project: p, logstore: "a*", exclude: [audit-x] }`,
  );
  await until(() => scene.added.length === 3);
  assert.deepEqual(scene.names.sort(), ["p/audit-1", "p/audit-metrics-1", "p/audit-x"]);
  const byPattern = Object.fromEntries(
    scene.events.flatMap((event) =>
      event.type === "source_added" ? [[event.source, event.pattern]] : []
    ),
  );
  assert.deepEqual(byPattern, {
    "p/audit-1": "p/audit-*",
    "p/audit-x": "p/audit-*",
    "p/audit-metrics-1": "p/a*",
  });
});

Deno.test("Discovery reads later logstores from their beginning, whatever consumer.start says", async () => {
  await using scene = new Scene(["audit-1"], PATTERN, "group: g, start: end");
  await until(() => scene.added.length === 1);
  scene.sls.data.createLogstore("p", { name: "audit-2", shards: 1 });
  await until(() => scene.added.length === 2);
  assert.deepEqual(scene.added.map(({ name, consumer: { start } }) => [name, start]), [
    ["p/audit-1", "end"],
    ["p/audit-2", "begin"],
  ]);
});

Deno.test("Discovery starts all at their beginning when a logstore has the group already", async () => {
  const scene = new Scene(["audit-1", "audit-2"], PATTERN, "group: g, start: end");
  await using _ = scene;
  await until(() => scene.added.length === 2);
  const [first] = scene.added;
  // As after a first run.
  const calls = openSls(quietDeps(fastClock(1)));
  await calls.of(first!).group.create(
    { timeoutSec: 60, inOrder: false },
    new AbortController().signal,
  );
  calls[Symbol.dispose]();
  const config = loaded({
    text: `
sls: { endpoint: "${scene.sls.url}", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g, start: end }
hec: { url: "http://h", token: t }
sources: [${PATTERN}]
`,
  });
  const deps = { ...quietDeps(fastClock(600)), proxies: undefined } as unknown as AppDeps;
  using sls = openSls(deps);
  const starts: unknown[] = [];
  const stop = new AbortController();
  const discovery = new Discovery(config, {
    sls,
    sources: {
      add: ({ consumer }) => void starts.push(consumer.start),
      remove: () => Promise.resolve(),
    },
  }, deps);
  const run = discovery.run(config.patterns[0]!, stop.signal);
  await until(() => starts.length === 2);
  stop.abort();
  await assert.rejects(run);
  assert.deepEqual(starts, ["begin", "begin"]);
});

Deno.test("Discovery ends a source that two lists do not have, and starts it again when it is back", async () => {
  await using scene = new Scene(["audit-1", "audit-2"], PATTERN);
  await until(() => scene.added.length === 2);
  const before = scene.lists();
  scene.sls.data.deleteLogstore("p", "audit-2");
  await until(() => scene.removed.length === 1);
  assert.deepEqual(scene.removed, ["p/audit-2"]);
  assert.ok(scene.lists() - before >= 3, "two lists, each with that of metric stores");
  scene.sls.data.createLogstore("p", { name: "audit-2", shards: 1 });
  await until(() => scene.added.length === 3);
});

Deno.test("Discovery keeps its sources while a list fails, and tells why", async () => {
  await using scene = new Scene(["audit-1"], PATTERN);
  await until(() => scene.added.length === 1);
  scene.sls.faults.rule = ({ call }) =>
    call === "ListLogStores" ? slsFault(404, "ProjectNotExist") : undefined;
  await until(() => scene.troubles().length >= 3);
  assert.match(scene.troubles()[0]!, /Cannot ListLogStores of p: .*ProjectNotExist/);
  scene.sls.faults.clear();
  await until(() => scene.events.some(({ type }) => type === "recovered"));
  assert.deepEqual([scene.removed, scene.added.length], [[], 1]);
});

Deno.test("Discovery begins when a first list that fails works again", async () => {
  const scene = new Scene([], PATTERN);
  await using _ = scene;
  await until(() => scene.troubles().length > 0);
  assert.match(scene.troubles()[0]!, /^p\/audit-\* matches no logstore of p$/);
  scene.sls.data.createLogstore("p", { name: "audit-1", shards: 1 });
  await until(() => scene.added.length === 1);
});

Deno.test("Discovery refuses more logstores at the start than it reads, and later leaves out the surplus", async () => {
  const many = Array.from({ length: MAX_DISCOVERED + 1 }, (_, i) => `audit-${i}`);
  {
    await using scene = new Scene(many, PATTERN);
    await assert.rejects(scene.runs[0]!, (error) => {
      assert.match(String(error), /Patterns match 501 logstores .* at most 500 are read/);
      return error instanceof UsageError;
    });
    assert.deepEqual(scene.added, []);
  }
  await using scene = new Scene(many.slice(1), PATTERN);
  await until(() => scene.added.length === MAX_DISCOVERED);
  scene.sls.data.createLogstore("p", { name: "audit-new", shards: 1 });
  await until(() => scene.troubles().length > 0);
  assert.match(scene.troubles()[0]!, /the surplus is not begun$/);
  assert.equal(scene.added.length, MAX_DISCOVERED);
});

Deno.test("Discovery ends nothing when a first list that comes late has too many", async () => {
  const many = Array.from({ length: MAX_DISCOVERED + 1 }, (_, i) => `audit-${i}`);
  await using scene = new Scene(many, PATTERN);
  scene.sls.faults.next("ListLogStores", slsFault(500, "InternalServerError"));
  await until(() => scene.added.length === MAX_DISCOVERED);
  assert.ok(scene.troubles().some((text) => text.endsWith("the surplus is not begun")));
});

Deno.test("Discovery counts the logstores of all patterns together", async () => {
  const names = (start: string) => Array.from({ length: 300 }, (_, i) => `${start}-${i}`);
  for (const consumer of ["group: g", "group: g, start: end"]) {
    await using scene = new Scene(
      [...names("a"), ...names("b")],
      `{ project: p, logstore: "a-*" }, { project: p, logstore: "b-*" }`,
      consumer,
    );
    const ends = await Promise.race(scene.runs.map((run) => run.catch((error) => error)));
    assert.ok(ends instanceof UsageError && /match 600 logstores/.test(ends.message), String(ends));
    assert.ok(scene.added.length <= 300);
  }
});

Deno.test("Discovery starts the logstores of a pattern although the groups of one may not be listed", async () => {
  await using scene = new Scene(["audit-1", "audit-2"], PATTERN, "group: g, start: end");
  scene.sls.faults.rule = ({ call, logstore }) =>
    call === "ListConsumerGroup" && logstore === "audit-1"
      ? slsFault(401, "Unauthorized")
      : undefined;
  await until(() => scene.added.length === 2);
  assert.deepEqual(scene.added.map(({ consumer: { start } }) => start), ["end", "end"]);
});
