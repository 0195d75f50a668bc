import { TaskGroup } from "../../src/base/task_group.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { Secret } from "../../src/base/secret.ts";
import { noTlsFiles } from "../../src/base/tls_files.ts";
import { HecClient, type HecClientOptions } from "../../src/hec/hec_client.ts";
import { fixedToken } from "../../src/hec/hec_token.ts";
import type { HecRequest, HecResponse } from "../../src/hec/transport/hec_transport.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { batchOf, goods } from "./batches.ts";
import { FakeTransport } from "./fake_transport.ts";

export const BATCHES = 24;
export const LATENCY_MS = 20;

interface Scene {
  readonly clock: FakeClock;
  readonly telemetry: TelemetryEvent[];
  /** When each request with events came, by endpoint. */
  readonly sentMs: readonly number[][];
  /** When each poll for acknowledgements came. */
  readonly polledMs: readonly number[];
  /** Starts that many deliveries, each of one batch after the other where `endless`. */
  readonly deliver: (count: number, source?: string, endless?: boolean) => void;
  /** Batches that were delivered. */
  readonly delivered: () => number;
}

export type Answering = (request: HecRequest, endpoint: number, nowMs: number) => HecResponse;

/** A client on a clock that the test moves, before endpoints that answer after 20 ms. */
export async function withClient(
  answering: Answering,
  test: (scene: Scene) => Promise<void>,
  { endpoints = 1, client = {} }: { endpoints?: number; client?: Partial<HecClientOptions> } = {},
): Promise<void> {
  const clock = new FakeClock();
  const telemetry: TelemetryEvent[] = [];
  const sentMs = Array.from({ length: endpoints }, (): number[] => []);
  const polledMs: number[] = [];
  const report = (event: TelemetryEvent) => void telemetry.push(event);
  const hec = new HecClient({ clock, random: seededRandom(7), telemetry: report }, {
    connections: sentMs.map((_, at) => ({
      baseUrl: `http://hec-${at}`,
      verify: true,
      proxyUrl: undefined,
    })),
    token: fixedToken(new Secret("t0ken")),
    tls: noTlsFiles,
    timeoutMs: 60_000,
    maxConcurrentRequests: BATCHES,
    ack: "off",
    ackTimeoutMs: 300_000,
    maxConnectionAge: { afterRequests: 1000, afterMs: 3_600_000 },
    userAgent: "sls2hec/test",
    uuid: () => crypto.randomUUID(),
    makeTransport: ({ baseUrl }) =>
      new FakeTransport(async (request, signal) => {
        const at = Number(baseUrl.at(-1));
        if (request.path.endsWith("/event")) sentMs[at]!.push(clock.monotonicMs());
        if (request.path.endsWith("/ack")) polledMs.push(clock.monotonicMs());
        await clock.sleep(LATENCY_MS, signal);
        return answering(request, at, clock.monotonicMs());
      }),
    ...client,
  });
  const over = new Error("the test is over");
  const stop = new AbortController();
  await using tasks = new TaskGroup(stop.signal);
  tasks.spawn("client", (signal) => hec.run(signal));
  let delivered = 0;
  const sources = new Set<string>();
  const deliver = (count: number, source = "p/l", endless = false) => {
    if (!sources.has(source)) {
      const guard = { maxRefusedPercent: 10, maxRefusedInARow: 100 };
      hec.addSource({ source, fallbackIndex: undefined, guard });
    }
    sources.add(source);
    for (let at = 0; at < count; at++) {
      tasks.spawn("delivery", async (signal) => {
        do {
          await hec.deliver(batchOf(goods(2, `${source}-${at}-`).map(({ text }) => text)), {
            source,
            signal,
            park: () => Promise.reject(new Error("nothing is refused for good")),
            placeOf: () => "p/l shard 3",
          });
          delivered++;
        } while (endless);
      });
    }
  };
  try {
    await test({ clock, telemetry, sentMs, polledMs, deliver, delivered: () => delivered });
  } finally {
    stop.abort(over);
  }
}
