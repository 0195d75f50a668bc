import { TaskGroup } from "../../src/base/task_group.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import type { AckResult } from "../../src/hec/ack/ack_ids.ts";
import { AckPoller } from "../../src/hec/ack/ack_poller.ts";
import type { Channel } from "../../src/hec/ack/channel.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { answer, type Answering, fakeEndpoint, silence, SUCCESS } from "./fake_transport.ts";

const NEVER = new AbortController().signal;
const body = new TextEncoder().encode('{"event":"a"}');

/** An endpoint that takes all events and polls as the test says, with its poller running. */
export async function withPoller(
  polling: Answering,
  test: (parts: {
    readonly clock: FakeClock;
    readonly poller: AckPoller;
    /** Posts events and gives the channel that they went out on. */
    readonly post: () => Promise<Channel>;
    readonly results: (AckResult | undefined)[];
    /** Waits for an id and puts what comes of it into `results`. */
    readonly wait: (channel: Channel, ackId: number) => void;
    /** Ids of each poll so far. */
    readonly polls: () => number[][];
    readonly telemetry: TelemetryEvent[];
    /** Connections that were made. */
    readonly connections: () => number;
  }) => Promise<void>,
  { accepted = SUCCESS }: { accepted?: unknown } = {},
): Promise<void> {
  const clock = new FakeClock();
  const telemetry: TelemetryEvent[] = [];
  const { endpoint, requests, transports } = fakeEndpoint(
    clock,
    (request, signal) =>
      request.path.endsWith("/ack") ? polling(request, signal) : answer(accepted),
  );
  const env = {
    clock,
    random: () => 0,
    telemetry: (event: TelemetryEvent) => telemetry.push(event),
  };
  const poller = new AckPoller(env, endpoint, {
    ackTimeoutMs: 5500,
    elsewhere: () => false,
    acquire: () =>
      Promise.resolve({
        endpoint,
        abandoned: undefined,
        answersElsewhere: () => false,
        decided: 0,
        release: () => 0,
      }),
  });
  const stop = new AbortController();
  const results: (AckResult | undefined)[] = [];
  await using tasks = new TaskGroup(stop.signal);
  tasks.spawn("poller", (signal) => poller.run(signal));
  try {
    await test({
      ...{ clock, poller, results, telemetry },
      connections: () => transports.length,
      post: async () =>
        (await endpoint.postEvents(body, { gzipped: false, acks: true }, NEVER)).channel,
      wait: (channel, ackId) => {
        const at = results.push(undefined) - 1;
        tasks.spawn("wait", async () => {
          results[at] = await Promise.race([poller.wait(channel, ackId), never(stop.signal)]);
        });
      },
      polls: () =>
        requests.filter(({ path }) => path.endsWith("/ack"))
          .map(({ body }) => JSON.parse(new TextDecoder().decode(body)).acks),
    });
  } finally {
    stop.abort(new Error("the test is over"));
  }
}

function never(signal: AbortSignal): Promise<never> {
  return silence(signal);
}

export const acks = (...ids: number[]) =>
  answer({ acks: Object.fromEntries(ids.map((id) => [id, true])) });
export const nothing = answer({ acks: {} });
