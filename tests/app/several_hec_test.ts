import assert from "node:assert/strict";
import { HecClients, openHecClients } from "../../src/app/hec_clients.ts";
import { openHecSecrets } from "../../src/app/open_hec.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { invalidToken } from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { loaded } from "../config/test_sources.ts";
import { batchOf, goods } from "../hec/batches.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const NEVER = new AbortController().signal;
const GUARD = { maxRefusedPercent: 10, maxRefusedInARow: 100 };

/** Two collectors, three tokens: `red` and `blue` on one, `green` on the other. */
class Scene implements AsyncDisposable {
  readonly east = HecEmulator.start({ tokens: [{ token: "red-token" }, { token: "blue-token" }] });
  readonly west = HecEmulator.start({ tokens: [{ token: "green-token" }] });
  readonly sources: ReadonlyMap<string, SourceConfig>;
  readonly deps = quietDeps(fastClock(20));
  readonly clients = openHecClients(this.deps);

  constructor(more = "") {
    const { sources } = loaded({
      text: `
sls: { endpoint: "http://127.0.0.1:1", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g }
hec: { url: "${this.east.url}", token: red-token, max_concurrent_requests: 2 }
sources:
  - { project: p, logstore: red }
  - { project: p, logstore: also-red, hec: { gzip: false, fallback_index: other } }
  - { project: p, logstore: blue, hec: { token: blue-token } }
  - { project: p, logstore: green, hec: { url: "${this.west.url}", token: green-token } }
${more}`,
    });
    this.sources = new Map(sources.map((source) => [source.logstore, source]));
  }

  of(logstore: string): SourceConfig {
    return this.sources.get(logstore)!;
  }

  /** Delivers a batch of a source that is added when it is not known yet. */
  async deliver(logstore: string, known = false): Promise<void> {
    const source = this.of(logstore);
    const client = this.clients.of(source);
    const { name } = source;
    if (!known) client.addSource({ source: name, fallbackIndex: undefined, guard: GUARD });
    await client.deliver(batchOf(goods(2, `${logstore}-`).map(({ text }) => text)), {
      source: name,
      signal: NEVER,
      park: () => assert.fail("nothing is refused"),
      placeOf: () => name,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clients[Symbol.asyncDispose]();
    await this.east[Symbol.asyncDispose]();
    await this.west[Symbol.asyncDispose]();
  }
}

/** Each token that a collector was shown, with the connections on which it came. */
function shown({ requests }: HecEmulator): Map<string, Set<number>> {
  const tokens = new Map<string, Set<number>>();
  for (const { headers, connectionId } of requests) {
    const token = headers.get("authorization")!.replace("Splunk ", "");
    tokens.set(token, (tokens.get(token) ?? new Set()).add(connectionId));
  }
  return tokens;
}

Deno.test("HecClients sends each source's events with its own token, and shows none to another collector", async () => {
  await using scene = new Scene();
  const logstores = ["red", "also-red", "blue", "green"];
  await Promise.all(logstores.map((logstore) => scene.deliver(logstore)));
  await scene.clients.check([...scene.sources.values()].map(({ hec }) => hec), NEVER);
  const [east, west] = [shown(scene.east), shown(scene.west)];
  assert.deepEqual([...east.keys()].toSorted(), ["blue-token", "red-token"]);
  assert.deepEqual([...west.keys()], ["green-token"]);
  const [red, blue] = [east.get("red-token")!, east.get("blue-token")!];
  assert.deepEqual([...red.intersection(blue)], [], "clients share no connection");
  assert.equal(scene.east.events.length, 6);
  assert.equal(scene.west.events.length, 2);
});

Deno.test("HecClients has one client for sources that differ in what is sent alone, and keeps it for the last of them", async () => {
  await using scene = new Scene();
  const { clients } = scene;
  const [red, alsoRed, blue] = ["red", "also-red", "blue"].map((name) => scene.of(name));
  const first = clients.of(red!);
  assert.equal(clients.of(alsoRed!), first);
  assert.notEqual(clients.of(blue!), first);
  clients.remove(red!.name);
  clients.remove(red!.name); // more than once does nothing
  await scene.deliver("also-red");
  clients.remove(alsoRed!.name);
  assert.notEqual(clients.of(red!), first, "a source that is added again opens a new one");
  await scene.deliver("red");
  assert.equal(scene.east.events.length, 4);
});

Deno.test("HecClients opens tokens and certificates once for each client, and gives workers those that are open", async () => {
  await using scene = new Scene();
  const opened: string[] = [];
  await using clients = new HecClients((hec) => {
    opened.push(hec.path);
    return openHecSecrets(hec, scene.deps);
  }, scene.deps);
  for (const { hec } of scene.sources.values()) clients.secretsFor(hec);
  assert.deepEqual(opened, ["hec", "sources[2].hec", "sources[3].hec"]);
  const { hec } = scene.of("blue");
  assert.equal(clients.secretsOf(hec.clientId), clients.secretsFor(hec));
  assert.throws(() => clients.secretsOf("none"), /not open/);
});

Deno.test("HecClients bounds the requests in flight of all tokens of a collector together", async () => {
  await using scene = new Scene();
  await Promise.all(
    ["red", "blue"].map(async (logstore) => {
      await scene.deliver(logstore);
      await Promise.all(Array.from({ length: 6 }, () => scene.deliver(logstore, true)));
    }),
  );
  assert.equal(scene.east.requestsOpenMax, 2);
});

Deno.test("HecClients sends hec.headers with every request to their own collectors, and with none to others", async () => {
  await using scene = new Scene(
    `  - project: p
    logstore: guarded
    hec: { token: blue-token, headers: { X-Api-Key: key-of-the-gateway, x-region: eu west } }
`,
  );
  for (const logstore of ["guarded", "red", "green"]) await scene.deliver(logstore);
  await scene.clients.check([...scene.sources.values()].map(({ hec }) => hec), NEVER);
  const keys = ({ requests }: HecEmulator, token: string) => {
    const of = requests.filter(({ headers }) => headers.get("authorization") === `Splunk ${token}`);
    const pathsOf = (has: boolean) =>
      new Set(
        of.filter(({ headers }) =>
          has ===
            (headers.get("x-api-key") === "key-of-the-gateway" &&
              headers.get("x-region") === "eu west")
        ).map(({ path }) => path.split("/").at(-1)),
      );
    return [pathsOf(true), pathsOf(false)].map((paths) => [...paths].toSorted());
  };
  assert.deepEqual(keys(scene.east, "red-token"), [[], ["event", "health"]]);
  assert.deepEqual(keys(scene.west, "green-token"), [[], ["event", "health"]]);
  // "blue" is another source with that token, which is checked without the headers.
  assert.deepEqual(keys(scene.east, "blue-token"), [["event", "health"], ["event", "health"]]);
  assert.equal(scene.east.events.length, 4);
});

const unusable: [hec: string, path: string][] = [
  ["{ token: t }", "hec"],
  ["{ url: URL, token: t }", "sources[0].hec"],
];
for (const [own, path] of unusable) {
  Deno.test(`a refusal names ${path}.url and ${path}.token where the source's are written in ${path}`, async () => {
    await using hec = HecEmulator.start({ tokens: [{ token: "other" }] });
    const { sources: [source] } = loaded({
      text: `
sls: { endpoint: "http://127.0.0.1:1", credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g }
hec: { url: "${hec.url}", token: t }
sources: [{ project: p, logstore: l${
        path === "hec" ? "" : `, hec: ${own.replace("URL", `"${hec.url}"`)}`
      } }]
`,
    });
    const hints = new Set<string>();
    const stop = new AbortController();
    const clock = fastClock(200);
    await using clients = openHecClients({
      ...quietDeps(clock),
      telemetry: (event) => void (event.type === "trouble" && hints.add(event.hint)),
    });
    const client = clients.of(source);
    client.addSource({ source: "p/l", fallbackIndex: undefined, guard: GUARD, optionPath: path });
    const delivery = client.deliver(batchOf(goods(1).map(({ text }) => text)), {
      source: "p/l",
      signal: stop.signal,
      park: () => assert.fail("nothing is parked"),
      placeOf: () => "p/l",
    });
    const check = clients.check([source.hec], stop.signal);
    await until("both hints", 10_000, () => hints.size >= 2 && client.isHeld("p/l"));
    stop.abort(new Error("over"));
    await assert.rejects(delivery, /over/);
    await check.catch(() => {});
    const all = [...hints].join("\n");
    assert.ok(all.includes(`Check ${path}.url, ${path}.token and the token's settings`), all);
    assert.ok(all.includes(`Check ${path}.token, and in Splunk`), all);
  });
}

Deno.test("the check at the start says which token each answer is about", async () => {
  await using scene = new Scene();
  const events: TelemetryEvent[] = [];
  const deps = { ...scene.deps, telemetry: (event: TelemetryEvent) => void events.push(event) };
  await using clients = openHecClients(deps);
  scene.east.rule = ({ headers }) =>
    headers.get("authorization") === "Splunk blue-token" ? invalidToken() : undefined;
  const check = clients.check([...scene.sources.values()].map(({ hec }) => hec), NEVER);
  const troubles = () => events.filter((event) => event.type === "trouble");
  await until("the trouble", 20_000, () => troubles().length > 0 && events.length >= 3);
  assert.equal(
    troubles()[0]?.about,
    `${scene.east.url} with sources[2].hec.token: check at the start`,
  );
  scene.east.rule = undefined;
  await check;
  const checked = events.flatMap((event) =>
    event.type === "hec_checked" ? [`${event.url} ${event.options}`] : []
  );
  assert.deepEqual(
    checked.sort(),
    [
      `${scene.east.url} undefined`,
      `${scene.east.url} sources[2].hec`,
      `${scene.west.url} sources[3].hec`,
    ].sort(),
  );
});
