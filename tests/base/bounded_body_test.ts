import { FakeClock } from "../support/fake_clock.ts";
import assert from "node:assert/strict";
import {
  BodyInPieces,
  BodyTooLarge,
  readBodyInto,
  readSmallBody,
} from "../../src/base/bounded_body.ts";

/** A body of chunks that records whether it was cancelled. */
function bodyOf(...chunks: number[][]) {
  const seen = { cancelled: false, pulled: 0 };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = chunks[seen.pulled++];
      if (chunk) controller.enqueue(Uint8Array.from(chunk));
      else controller.close();
    },
    cancel() {
      seen.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { body, seen };
}

function brokenBody(error: Error): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Uint8Array.of(1));
      controller.error(error);
    },
  });
}

Deno.test("readBodyInto() writes the chunks one after the other from the start", async () => {
  const target = new Uint8Array(6).fill(9);
  assert.equal(await readBodyInto(bodyOf([1, 2], [], [3, 4, 5]).body, target), 5);
  assert.deepEqual([...target], [1, 2, 3, 4, 5, 9]);
});

Deno.test("readBodyInto() takes a body that fills the target exactly", async () => {
  assert.equal(await readBodyInto(bodyOf([1], [2]).body, new Uint8Array(2)), 2);
});

Deno.test("readBodyInto() takes no body as an empty one", async () => {
  assert.equal(await readBodyInto(null, new Uint8Array(0)), 0);
});

Deno.test("readBodyInto() refuses a longer body, and cancels the rest of it", async () => {
  const { body, seen } = bodyOf([1, 2], [3], [4]);
  await assert.rejects(readBodyInto(body, new Uint8Array(2)), new BodyTooLarge(2));
  assert.deepEqual(seen, { cancelled: true, pulled: 2 });
});

Deno.test("readBodyInto() throws what breaks the body", async () => {
  const failure = new Error("connection reset");
  await assert.rejects(readBodyInto(brokenBody(failure), new Uint8Array(9)), failure);
});

Deno.test("readSmallBody() gives the whole body", async () => {
  assert.deepEqual([...await readSmallBody(bodyOf([1], [2, 3]).body, 3)], [1, 2, 3]);
  assert.deepEqual([...await readSmallBody(null, 3)], []);
});

Deno.test("readSmallBody() refuses a longer body, and cancels the rest of it", async () => {
  const { body, seen } = bodyOf([1, 2], [3, 4], [5]);
  await assert.rejects(readSmallBody(body, 3), new BodyTooLarge(3));
  assert.equal(seen.cancelled, true);
});

Deno.test("readSmallBody() cuts a longer body when it may, and cancels the rest", async () => {
  const { body, seen } = bodyOf([1, 2], [3, 4], [5]);
  assert.deepEqual([...await readSmallBody(body, 3, { cut: true })], [1, 2, 3]);
  assert.equal(seen.cancelled, true);
});

Deno.test("readBodyInto() gives up a body that stalls, and cancels it", async () => {
  const clock = new FakeClock();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let cancelled: unknown;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => void (controller = given),
    cancel: (reason) => void (cancelled = reason),
  });
  const reading = readBodyInto(body, new Uint8Array(8), { clock, timeoutMs: 1000 });
  const outcome = assert.rejects(reading, /next byte of the body took longer than 1000 ms/);
  for (let chunk = 0; chunk < 3; chunk++) { // slow, and not stalled
    await clock.advance(900);
    controller!.enqueue(new Uint8Array(1));
  }
  await clock.advance(999);
  assert.equal(cancelled, undefined);
  await clock.advance(1);
  await outcome;
  assert.match(String(cancelled), /took longer/);
  assert.equal(clock.sleeping, 0);
});

Deno.test("readBodyInto() leaves no timer after a body that came in time", async () => {
  const clock = new FakeClock();
  const target = new Uint8Array(4);
  const { body } = bodyOf([1], [2]);
  assert.equal(await readBodyInto(body, target, { clock, timeoutMs: 1000 }), 2);
  assert.equal(clock.sleeping, 0);
});

/** A body of pieces of one size without end. */
function piecesOf(bytes: number) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new Uint8Array(bytes)),
  }, { highWaterMark: 0 });
}

for (
  const [how, read] of [
    [
      "readBodyInto",
      (body: ReturnType<typeof piecesOf>) => readBodyInto(body, new Uint8Array(1e6)),
    ],
    ["readSmallBody", (body: ReturnType<typeof piecesOf>) => readSmallBody(body, 1e6)],
  ] as const
) {
  Deno.test(`${how}() refuses a body that comes in specks, and takes one in small pieces`, async () => {
    await assert.rejects(read(piecesOf(1)), (error) => {
      assert.ok(error instanceof BodyInPieces);
      assert.match(error.message, /4096 bytes of its body came in 4096 pieces/);
      return true;
    });
    await assert.rejects(read(piecesOf(16)), BodyTooLarge);
  });

  Deno.test(`${how}() leaves timers their turn while a body comes in small pieces`, async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await assert.rejects(read(piecesOf(20)), BodyTooLarge);
    clearInterval(timer);
    assert.ok(turns > 10, `${turns}`);
  });
}
