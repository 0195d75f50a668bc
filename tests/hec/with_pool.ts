import assert from "node:assert/strict";
import { TaskGroup } from "../../src/base/task_group.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { CollectorSet } from "../../src/hec/collector_set.ts";
import type { Endpoint } from "../../src/hec/endpoint.ts";
import { EndpointPool } from "../../src/hec/endpoint_pool.ts";
import type { EndpointSlot } from "../../src/hec/endpoint_slot.ts";
import { FakeClock, settleInside } from "../support/fake_clock.ts";
import { answer, fakeEndpoint } from "./fake_transport.ts";

const NEVER = new AbortController().signal;

/** Codes of `/health`: 17 is well, 18 is not; "away" gives no answer. */
type Health = 17 | 18 | 21 | "away";

interface Parts {
  readonly clock: FakeClock;
  readonly pool: EndpointPool;
  readonly endpoints: readonly Endpoint[];
  /** Of each endpoint, by its name. */
  readonly health: Record<string, Health>;
  /** Names of the endpoints that were asked for their health, with the time. */
  readonly probes: string[];
  readonly telemetry: TelemetryEvent[];
  /** Takes a slot that must be there at once. */
  readonly take: (avoid?: Endpoint) => Promise<EndpointSlot>;
}

export async function withPool(
  count: number,
  test: (parts: Parts) => Promise<void>,
  { maxConcurrentRequests = 100, perEndpoint = 4 } = {},
): Promise<void> {
  const clock = new FakeClock();
  const telemetry: TelemetryEvent[] = [];
  const health: Record<string, Health> = {};
  const probes: string[] = [];
  const endpoints = Array.from({ length: count }, (_, i) => {
    const name = "abc"[i]!;
    const { endpoint } = fakeEndpoint(clock, () => {
      probes.push(`${name} ${clock.monotonicMs()}`);
      const code = health[name] ?? 17;
      if (code === "away") throw new Error("refused");
      return answer({ text: "", code }, { status: code === 17 ? 200 : code === 18 ? 503 : 400 });
    }, { name, maxConcurrentRequests: perEndpoint });
    return endpoint;
  });
  const env = {
    clock,
    random: () => 0.5,
    telemetry: (event: TelemetryEvent) => telemetry.push(event),
  };
  const pool = new EndpointPool(env, endpoints, new CollectorSet(maxConcurrentRequests));
  const stop = new AbortController();
  await using tasks = new TaskGroup(stop.signal);
  tasks.spawn("pool", (signal) => pool.run(signal));
  const take = async (avoid?: Endpoint) => {
    let granted: EndpointSlot | undefined;
    const taking = pool.acquire(NEVER, avoid).then((slot) => granted = slot);
    await settleInside();
    assert.ok(granted, "no slot was free");
    return await taking;
  };
  try {
    await test({ clock, pool, endpoints, health, probes, telemetry, take });
  } finally {
    stop.abort(new Error("the test is over"));
  }
}

export const names = (slots: readonly EndpointSlot[]) =>
  slots.map(({ endpoint }) => endpoint.name).join("");
