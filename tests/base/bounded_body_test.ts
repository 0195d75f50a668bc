import assert from "node:assert/strict";
import { BodyTooLarge, readBodyInto, readSmallBody } from "../../src/base/bounded_body.ts";

/** A body of chunks that tells whether it was cancelled. */
function bodyOf(...chunks: number[][]) {
  const seen = { cancelled: false, pulled: 0 };
  const body = new ReadableStream<Uint8Array>({
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

function brokenBody(error: Error): ReadableStream<Uint8Array> {
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
