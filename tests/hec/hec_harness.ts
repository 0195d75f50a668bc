import assert from "node:assert/strict";
import { TaskGroup } from "../../src/base/task_group.ts";
import { noTlsFiles } from "../../src/base/tls_files.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { HecEmulatorOptions } from "../../src/emulator/hec/hec_emulator_options.ts";
import type { ReceivedEvent } from "../../src/emulator/hec/received_event.ts";
import type { DeliveryReport } from "../../src/hec/delivery_context.ts";
import type { RefusedEvent } from "../../src/hec/delivery_context.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { Gzip } from "../../src/core/gzip.ts";
import { fixedToken } from "../../src/hec/hec_token.ts";
import { HecClient, type HecClientOptions } from "../../src/hec/hec_client.ts";
import type { DeliveredSource } from "../../src/hec/source_delivery.ts";
import { fastClock } from "../support/fast_clock.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { batchOf, type TestEvent } from "./batches.ts";

export const NEVER = new AbortController().signal;

/** True time after which a delivery counts as stuck. */
const STUCK_MS = 120_000;

export interface HarnessOptions {
  /** One emulator for each. */
  readonly emulators?: readonly HecEmulatorOptions[];
  readonly client?: Partial<HecClientOptions>;
  /** `true` by default. */
  readonly gzip?: Gzip;
  readonly source?: Partial<DeliveredSource>;
  readonly random?: () => number;
  /** How many times faster than the host's the clock runs; 100 by default. */
  readonly speed?: number;
}

/** A parked event as it was when it was parked; its envelope as text. */
export interface Parked extends Omit<RefusedEvent, "envelope"> {
  readonly envelope: string;
}

/** What a client needs to reach some emulators, with the token of the first. */
export function clientOptions(emulators: readonly HecEmulator[]): HecClientOptions {
  return {
    connections: emulators.map(({ url }) => ({
      baseUrl: url,
      verify: true,
      proxyUrl: undefined,
    })),
    token: fixedToken(new Secret(emulators[0]!.token)),
    tls: noTlsFiles,
    timeoutMs: 60_000,
    maxConcurrentRequests: 8,
    ack: "auto",
    ackTimeoutMs: 300_000,
    maxConnectionAge: { afterRequests: 1000, afterMs: 3_600_000 },
    userAgent: "sls2hec/test",
    uuid: () => crypto.randomUUID(),
    makeTransport: (connection) => new FetchTransport(connection),
  };
}

/** The client, HEC emulators, and what became of every event; on a clock that runs faster. */
export class HecHarness implements AsyncDisposable {
  readonly clock: Clock;
  readonly emulators: readonly HecEmulator[];
  /** The first emulator. */
  readonly hec: HecEmulator;
  readonly client: HecClient;
  readonly telemetry: TelemetryEvent[] = [];
  /** By the id of the event. */
  readonly parked = new Map<string, Parked>();
  /** Until this resolves, parking an event takes. */
  parkingEnds: Promise<void> = Promise.resolve();
  readonly #gzip: Gzip;
  readonly #source: DeliveredSource;
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);
  readonly #deliveries: Promise<DeliveryReport>[] = [];

  constructor(options: HarnessOptions = {}) {
    const { emulators = [{}], client, gzip = true, source, speed = 100 } = options;
    const { random = seededRandom(1) } = options;
    this.#gzip = gzip;
    this.clock = fastClock(speed);
    this.emulators = emulators.map((options) =>
      HecEmulator.start({ clock: this.clock, ...options })
    );
    this.hec = this.emulators[0]!;
    const telemetry = (event: TelemetryEvent) => void this.telemetry.push(event);
    const env = { clock: this.clock, random, telemetry };
    this.client = new HecClient(env, { ...clientOptions(this.emulators), ...client });
    this.#source = {
      source: "p/l",
      fallbackIndex: undefined,
      guard: { maxRefusedPercent: 10, maxRefusedInARow: 100 },
      ...source,
    };
    this.client.addSource(this.#source);
    this.#tasks.spawn("client", (signal) => this.client.run(signal));
  }

  /** Adds a source like the harness's own. @returns its id. */
  addSource(source: string): string {
    this.client.addSource({ ...this.#source, source });
    return source;
  }

  /** Delivers the events as one batch; given up when the harness is disposed. */
  deliver(
    events: readonly TestEvent[],
    { signal = NEVER, source = "p/l" } = {},
  ): Promise<DeliveryReport> {
    const stuck = new AbortController();
    const timer = setTimeout(() => stuck.abort(this.#stuck(events)), STUCK_MS);
    const ended = AbortSignal.any([signal, this.#stop.signal, stuck.signal]);
    const delivery = this.#deliver(events, ended, source).finally(() => clearTimeout(timer));
    this.#deliveries.push(delivery);
    return delivery;
  }

  /** Describes the state of a delivery. */
  #stuck([first]: readonly TestEvent[]): Error {
    const reported = this.telemetry.slice(-3).map((event) => JSON.stringify(event)).join("\n");
    const asked = this.emulators.flatMap(({ requests }) => requests.slice(-2))
      .map(({ requestId, kind, status, fault }) => `${requestId} ${kind} ${status} ${fault}`);
    return new Error(
      `${first?.id} is not delivered: reported\n${reported}\nasked\n${asked.join("\n")}`,
    );
  }

  async #deliver(
    events: readonly TestEvent[],
    signal: AbortSignal,
    source: string,
  ): Promise<DeliveryReport> {
    const report = await this.client.deliver(batchOf(events.map(({ text }) => text), this.#gzip), {
      source,
      signal,
      park: (refused) => {
        const { id } = events[refused.at]!;
        assert.equal(this.parked.has(id), false, `${id} is parked twice`);
        const envelope = new TextDecoder().decode(refused.envelope);
        this.parked.set(id, { ...refused, envelope });
        return this.parkingEnds;
      },
      placeOf: (at) => `p/l shard 3 cursor c${at}`,
    });
    const parked = events.filter(({ id }) => this.parked.has(id)).length;
    assert.equal(report.parked.length, parked);
    assert.equal(report.delivered, events.length - parked);
    return report;
  }

  /** How often each event is indexed, over all emulators; what waits for its acknowledgement is not. */
  indexed(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { events } of this.emulators) {
      for (const event of events) {
        if (!event.indexed) continue;
        const id = idOf(event);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    return counts;
  }

  /**
   * Each event is indexed or parked, never both, and nothing else is.
   * @param mayRepeat Events that may be indexed more than once; none by default.
   */
  assertComplete(events: readonly TestEvent[], mayRepeat: readonly TestEvent[] = []): void {
    const indexed = this.indexed();
    const sent = new Set(events.map(({ id }) => id));
    const repeatable = new Set(mayRepeat.map(({ id }) => id));
    for (const { id } of events) {
      assert.notEqual(indexed.has(id), this.parked.has(id), `${id} is indexed or parked`);
    }
    for (const [id, count] of indexed) {
      assert.ok(sent.has(id), `${id} was never sent`);
      if (!repeatable.has(id)) assert.equal(count, 1, `${id} is indexed ${count} times`);
    }
  }

  /** The troubles that were reported, oldest first. */
  troubles(): Extract<TelemetryEvent, { type: "trouble" }>[] {
    return this.telemetry.filter((event) => event.type === "trouble");
  }

  /** Waits until the condition holds; a true minute at most, however fast the harness's own time passes. */
  async until(condition: () => boolean): Promise<void> {
    const endMs = performance.now() + 60_000;
    while (!condition()) {
      assert.ok(performance.now() < endMs, "timed out after a minute");
      await this.clock.sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await Promise.allSettled(this.#deliveries); // a test that failed may have left some
    await this.#tasks.join();
    for (const emulator of this.emulators) await emulator[Symbol.asyncDispose]();
  }
}

function idOf(event: ReceivedEvent): string {
  const id = event.fields?.["sls_id"];
  assert.equal(typeof id, "string", `an event of request ${event.requestId} has no id`);
  return id as string;
}
