import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import {
  DEFAULT_TOKEN,
  type HecEmulatorOptions,
} from "../../src/emulator/hec/hec_emulator_options.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { CollectorCheck, verdictOn } from "../../src/hec/collector_check.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { fixedToken } from "../../src/hec/hec_token.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { clientOptions } from "./hec_harness.ts";
import { answering, RefusingProxy } from "./refusing_proxy.ts";
import { fastClock } from "../support/fast_clock.ts";

const SPEED = 100;

/** Collectors that are checked on a clock that runs faster. */
class Scene implements AsyncDisposable {
  readonly clock = fastClock(SPEED);
  readonly emulators: readonly HecEmulator[];
  readonly telemetry: TelemetryEvent[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(...emulators: HecEmulatorOptions[]) {
    this.emulators = emulators.map((options) =>
      HecEmulator.start({ clock: this.clock, ...options })
    );
  }

  get hec(): HecEmulator {
    return this.emulators[0]!;
  }

  get troubles() {
    return this.telemetry.filter((event) => event.type === "trouble");
  }

  get types(): string[] {
    return this.telemetry.map(({ type }) => type);
  }

  start(token = DEFAULT_TOKEN, proxyUrl?: string): Promise<void> {
    const options = clientOptions(this.emulators);
    const telemetry = (event: TelemetryEvent) => void this.telemetry.push(event);
    const env = { clock: this.clock, random: seededRandom(1), telemetry };
    const check = new CollectorCheck(env, {
      ...options,
      ...(proxyUrl && {
        connections: options.connections.map((one) => ({ ...one, proxyUrl })),
        makeTransport,
      }),
      token: fixedToken(new Secret(token)),
    });
    return this.#running = check.run(this.#stop.signal);
  }

  async until(condition: () => boolean): Promise<void> {
    const endMs = this.clock.monotonicMs() + 600_000;
    while (!condition()) {
      assert.ok(this.clock.monotonicMs() < endMs, `not reached: ${JSON.stringify(this.telemetry)}`);
      await this.clock.sleep(200);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The test is over"));
    await this.#running;
    for (const emulator of this.emulators) await emulator[Symbol.asyncDispose]();
  }
}

const tokenWithAck = { tokens: [{ token: DEFAULT_TOKEN, name: "t", useAck: true }] };

for (
  const [what, options] of [
    ["a token", {}],
    ["a token with acknowledgement", tokenWithAck],
    ["a token of Splunk Cloud with acknowledgement", { ...tokenWithAck, profile: "cloud-10.5" }],
  ] as const
) {
  Deno.test(`CollectorCheck says that a collector takes ${what}, by two requests that write nothing`, async () => {
    await using scene = new Scene(options as HecEmulatorOptions);
    await scene.start();
    assert.deepEqual(scene.telemetry, [
      { type: "hec_checked", url: scene.hec.url, takesToken: true },
    ]);
    assert.deepEqual(scene.hec.requests.map(({ method, path }) => `${method} ${path}`), [
      "GET /services/collector/health",
      "POST /services/collector/event",
    ]);
    assert.equal(scene.hec.counts.accepted, 0);
  });
}

Deno.test("CollectorCheck reports a wrong token, again and again, and once that it is accepted", async () => {
  await using scene = new Scene({});
  scene.hec.rule = ({ path }) => path.endsWith("/event") ? faults.invalidToken() : undefined;
  const checked = scene.start();
  await scene.until(() => scene.troubles.length > 2);
  const [first] = scene.troubles;
  assert.equal(first?.type === "trouble" && first.about, `${scene.hec.url}: check at the start`);
  assert.match(
    first?.type === "trouble" ? first.message : "",
    /^The collector does not accept the token: HEC answered 403, code 4 "Invalid token"; its health page: HEC answered 200, code 17 "HEC is healthy"$/,
  );
  assert.match(first?.type === "trouble" ? first.hint : "", /hec\.token/);
  scene.hec.rule = undefined;
  await checked;
  assert.deepEqual(scene.types.slice(-2), ["recovered", "hec_checked"]);
});

Deno.test("CollectorCheck reports the token that a collector does not know", async () => {
  await using scene = new Scene({});
  scene.start("00000000-0000-4000-8000-000000000000");
  await scene.until(() => scene.troubles.length > 0);
  const [first] = scene.troubles;
  assert.match(first?.type === "trouble" ? first.message : "", /does not accept the token/);
  const { cause } = first as { cause?: unknown };
  assert.deepEqual(cause, { what: `HEC at ${scene.hec.url}`, kind: "403, code 4" });
});

Deno.test("CollectorCheck reports an address with no collector, within seconds", async () => {
  await using scene = new Scene({});
  await scene.hec.refuseConnections();
  const startMs = scene.clock.monotonicMs();
  const checked = scene.start();
  await scene.until(() => scene.troubles.length > 0);
  assert.ok(scene.clock.monotonicMs() - startMs < 10_000);
  const [first] = scene.troubles;
  assert.match(first?.type === "trouble" ? first.message : "", /^Cannot reach the collector: /);
  scene.hec.acceptConnections();
  await checked;
  assert.equal(scene.types.at(-1), "hec_checked");
});

Deno.test("CollectorCheck waits no longer than seconds for a collector that says nothing", async () => {
  await using scene = new Scene({});
  scene.hec.rule = () => faults.hang();
  const startMs = scene.clock.monotonicMs();
  scene.start();
  await scene.until(() => scene.troubles.length > 0);
  const tookMs = scene.clock.monotonicMs() - startMs;
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
});

for (
  const [what, fault] of [
    ["is closed off", faults.on("health", faults.html(403))],
    ["says that queues are full", faults.on("health", faults.code(18))],
    ["closes the connection", faults.on("health", faults.close())],
  ] as [string, Fault][]
) {
  Deno.test(`CollectorCheck raises no alarm where the health page ${what} and events are accepted`, async () => {
    await using scene = new Scene({});
    scene.hec.inject(fault);
    await scene.start();
    assert.deepEqual(scene.types, ["hec_checked"]);
  });
}

Deno.test("CollectorCheck looks at each collector by itself", async () => {
  await using scene = new Scene({}, {}, {});
  const [one, two, three] = scene.emulators;
  two!.rule = ({ path }) => path.endsWith("/event") ? faults.tokenDisabled() : undefined;
  const checked = scene.start();
  await scene.until(() => scene.troubles.length > 0 && scene.types.includes("hec_checked"));
  await scene.until(() => scene.types.filter((type) => type === "hec_checked").length === 2);
  two!.rule = undefined;
  await checked;
  const urls = scene.telemetry.flatMap((event) => event.type === "hec_checked" ? [event.url] : []);
  assert.deepEqual(urls.toSorted(), [one!.url, two!.url, three!.url].toSorted());
  for (const { cause } of scene.troubles as { cause?: { what: string } }[]) {
    assert.equal(cause?.what, `HEC at ${two!.url}`);
  }
});

Deno.test("CollectorCheck ends with the program, whatever it has found", async () => {
  const scene = new Scene({});
  await scene.hec.refuseConnections();
  scene.start();
  await scene.until(() => scene.troubles.length > 0);
  await scene[Symbol.asyncDispose]();
});

const verdicts: [status: number, code: number | undefined, verdict: string][] = [
  [400, 5, "good"],
  [200, 0, "good"],
  [200, 24, "good"],
  [400, 6, "good"],
  [400, 12, "good"],
  [400, undefined, "open"],
  [411, undefined, "open"],
  [415, undefined, "open"],
  [401, 2, "does not accept the token"],
  [401, 3, "does not accept the token"],
  [403, 1, "does not accept the token"],
  [403, 4, "does not accept the token"],
  [400, 21, "does not accept the token"],
  [401, undefined, "does not accept the token"],
  [403, undefined, "does not accept the token"],
  [400, 10, "does not see the channel of requests"],
  [400, 11, "does not see the channel of requests"],
  [400, 28, "does not see the channel of requests"],
  [503, 9, "is not ready"],
  [503, 23, "is not ready"],
  [429, 26, "is not ready"],
  [502, undefined, "is not ready"],
  [408, undefined, "is not ready"],
  [404, 404, "does not answer like HEC"],
  [404, undefined, "does not answer like HEC"],
  [405, undefined, "does not answer like HEC"],
  [303, undefined, "does not answer like HEC"],
  [200, undefined, "does not answer like HEC"],
  [204, undefined, "does not answer like HEC"],
];

for (const [status, code, expected] of verdicts) {
  Deno.test(`An empty request that is answered ${status} ${code ?? "without a code"}: ${expected}`, () => {
    const verdict = verdictOn({
      status,
      code,
      text: "",
      invalidEventNumber: undefined,
      ackId: undefined,
      retryAfterMs: undefined,
    });
    assert.equal(typeof verdict === "string" ? verdict : verdict.found, expected);
  });
}

Deno.test("CollectorCheck asks a proxy that refuses once in a minute, and says that it is a minute", async () => {
  await using proxy = new RefusingProxy(answering(407));
  await using scene = new Scene({});
  void scene.start(DEFAULT_TOKEN, `http://user:wrong@${proxy.host}`);
  await scene.until(() => scene.troubles.length === 1);
  const { message, held, retryInMs } = scene.troubles[0]!;
  assert.match(message, /The proxy .*\(hec\.proxy\) refuses the login \(407\)$/);
  assert.equal(held, true);
  assert.ok(retryInMs > 50_000 && retryInMs <= 60_000, `${retryInMs} ms`);
  await scene.clock.sleep(45_000);
  assert.equal(proxy.asked.length, 1);
});
