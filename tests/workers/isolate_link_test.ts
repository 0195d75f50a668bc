import assert from "node:assert/strict";
import {
  type FromIsolate,
  IsolateLink,
  serveIsolate,
  type ToIsolate,
  type WorkerLike,
} from "../../src/workers/isolate_link.ts";
import { Secret } from "../../src/base/secret.ts";
import { FakeClock } from "../support/fake_clock.ts";

type Order = { readonly type: "order"; readonly n: number };
type Done = { readonly type: "done"; readonly n: number };

/** Both ends of a link; what is posted arrives at once, but not before the worker listens. */
class Ends implements WorkerLike<Order, Done> {
  onmessage: ((event: MessageEvent<FromIsolate<Done>>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  terminated = false;
  readonly clock = new FakeClock();
  readonly crossed: ToIsolate<Order>[] = [];
  readonly heard: Done[] = [];
  readonly deaths: string[] = [];
  readonly link: IsolateLink<Order, Done>;
  readonly scope: EventTarget & {
    onmessage: ((event: MessageEvent<ToIsolate<Order>>) => void) | null;
    postMessage(message: FromIsolate<Done>): void;
  };

  constructor() {
    this.scope = Object.assign(new EventTarget(), {
      onmessage: null,
      postMessage: (data: FromIsolate<Done>) => {
        this.onmessage?.(new MessageEvent("message", { data }));
      },
    });
    this.link = new IsolateLink<Order, Done>({
      worker: this,
      maxMissedPings: { atStart: 60, later: 15 },
      clock: this.clock,
      onMessage: (message) => this.heard.push(message),
      onDeath: (why) => this.deaths.push(why),
    });
  }

  postMessage(data: ToIsolate<Order>): void {
    this.crossed.push(data);
    this.scope.onmessage?.(new MessageEvent("message", { data }));
  }

  terminate(): void {
    this.terminated = true;
  }

  /** Has the worker listen; it answers each order. */
  listen(): void {
    serveIsolate<Order, Done>(this.scope, ({ n }, post) => post({ type: "done", n }));
  }
}

Deno.test("IsolateLink posts nothing before the worker listens, and then everything in order", async () => {
  const ends = new Ends();
  for (const n of [1, 2]) ends.link.post({ type: "order", n });
  assert.deepEqual(ends.crossed, []);
  ends.listen();
  ends.link.post({ type: "order", n: 3 });
  assert.deepEqual(ends.heard.map(({ n }) => n), [1, 2, 3]);
  await ends.link.ready;
});

Deno.test("IsolateLink is ready when a ping is answered", async () => {
  const ends = new Ends();
  let isReady = false;
  const ready = ends.link.ready.then(() => isReady = true);
  ends.listen();
  await ends.clock.advance(0);
  assert.equal(isReady, false, "it listens, and has done nothing yet");
  const stop = new AbortController();
  const watched = ends.link.watch(stop.signal);
  await ready;
  stop.abort(new Error("over"));
  await assert.rejects(watched, /over/);
  assert.deepEqual(ends.deaths, []);
});

const silences: [sentence: string, answersFirst: boolean, limitSec: number][] = [
  ["60 s at the start", false, 60],
  ["15 s once it has answered", true, 15],
];
for (const [sentence, answersFirst, limitSec] of silences) {
  Deno.test(`IsolateLink ends a worker that is silent for ${sentence}`, async () => {
    const ends = new Ends();
    const watched = ends.link.watch(new AbortController().signal);
    if (answersFirst) {
      ends.listen();
      await ends.clock.advance(5000);
      ends.scope.onmessage = null;
    }
    await ends.clock.advance((limitSec - 2) * 1000);
    assert.deepEqual(ends.deaths, []);
    await ends.clock.advance(3000);
    await watched;
    assert.deepEqual(ends.deaths, [`it has not answered for ${limitSec} s`]);
    assert.ok(ends.terminated && ends.link.died.aborted);
  });
}

Deno.test("IsolateLink does not blame a worker when the whole process was stopped", async () => {
  const ends = new Ends();
  ends.listen();
  const stop = new AbortController();
  const watched = ends.link.watch(stop.signal);
  await ends.clock.advance(1000);
  ends.clock.leap(600_000);
  await ends.clock.advance(2000);
  assert.deepEqual(ends.deaths, []);
  ends.link.die("the test is over");
  await watched;
});

Deno.test("IsolateLink ignores a dead worker, and posts nothing to it", async () => {
  const ends = new Ends();
  ends.listen();
  const say = ends.onmessage!;
  ends.link.die("a reason");
  ends.link.die("another");
  say(new MessageEvent("message", { data: { type: "done", n: 1 } }));
  ends.link.post({ type: "order", n: 1 });
  assert.deepEqual([ends.heard, ends.crossed, ends.deaths], [[], [], ["a reason"]]);
  await assert.rejects(ends.link.ready, /a reason/);
});

Deno.test("IsolateLink ends by an error that the worker did not catch, and keeps it from ending this isolate", async () => {
  const ends = new Ends();
  const event = new ErrorEvent("error", { message: "Module not found", cancelable: true });
  ends.onerror!(event);
  assert.ok(event.defaultPrevented);
  assert.deepEqual(ends.deaths, ["Module not found"]);
  await assert.rejects(ends.link.ready, /Module not found/);
});

for (
  const [type, event] of [
    ["thrown", new ErrorEvent("error", { error: new Error("the-secret"), cancelable: true })],
    [
      "rejected",
      new PromiseRejectionEvent("unhandledrejection", {
        promise: Promise.resolve(),
        reason: new Error("the-secret"),
        cancelable: true,
      }),
    ],
  ] as const
) {
  Deno.test(`serveIsolate() sends an error that nothing caught, ${type}, without secrets`, () => {
    const secret = new Secret("the-secret");
    const ends = new Ends();
    ends.listen();
    ends.scope.dispatchEvent(event);
    assert.ok(event.defaultPrevented, "Deno prints nothing");
    assert.deepEqual(ends.deaths, ["[secret]"], `not ${secret}`);
  });
}
