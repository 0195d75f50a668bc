import assert from "node:assert/strict";
import { nodeFetch } from "../../src/base/node_fetch.ts";
import { AnswerTooLong } from "../../src/base/wire_bound.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { floodOnce } from "../floods/flood_once.ts";

const ignore = !nodeHttpIsSound;
const signal = () => AbortSignal.timeout(20_000);

/** A server that answers as the test says. */
async function withServer(
  handler: (request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test({
  name: "nodeFetch() sends what it is given, and reads status, headers and body",
  ignore,
  fn: () =>
    withServer(async (request) => {
      const { method, headers } = request;
      const seen = [method, headers.get("host"), headers.get("x-a"), await request.text()];
      return Response.json(seen, { status: 404, headers: { "x-log-requestid": "ID" } });
    }, async (url) => {
      const response = await nodeFetch(`${url}/path?a=1`, {
        method: "POST",
        headers: { host: "p.sls", "x-a": "b" },
        body: new TextEncoder().encode("body"),
        signal: signal(),
      });
      assert.equal(response.status, 404);
      assert.equal(response.headers.get("x-log-requestid"), "ID");
      assert.deepEqual(await response.json(), ["POST", "p.sls", "b", "body"]);
    }),
});

Deno.test({
  name: "nodeFetch() reads a large body whole, however slowly it is read",
  ignore,
  fn: () =>
    withServer(() => new Response(new Uint8Array(20_000_000).fill(7)), async (url) => {
      const response = await nodeFetch(url, { signal: signal() });
      let bytes = 0;
      for await (const piece of response.body!) {
        bytes += piece.length;
        assert.ok(piece.every((byte) => byte === 7));
        piece.buffer.transfer(0); // as its reader does
      }
      assert.equal(bytes, 20_000_000);
    }),
});

Deno.test({
  name: "nodeFetch() gives a status without a body, and no body that is cancelled",
  ignore,
  fn: () =>
    withServer(
      (request) =>
        request.url.endsWith("/none")
          ? new Response(null, { status: 204 })
          : new Response(new Uint8Array(5_000_000)),
      async (url) => {
        assert.equal((await nodeFetch(`${url}/none`, { signal: signal() })).body, null);
        const response = await nodeFetch(url, { signal: signal() });
        await response.body!.cancel();
      },
    ),
});

Deno.test({
  name: "nodeFetch() ends with its signal, before the head and in the body",
  ignore,
  fn: async () => {
    const stop = new AbortController();
    await withServer(() =>
      new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) }),
      ), async (url) => {
      const response = await nodeFetch(url, { signal: stop.signal });
      const reading = response.arrayBuffer();
      stop.abort(new Error("given up"));
      await assert.rejects(reading, /given up/);
      await assert.rejects(nodeFetch(url, { signal: stop.signal }), /given up/);
    });
  },
});

for (
  const [name, expected] of [
    ["100 Continue", /More than 32 informational answers/],
    ["103 Early Hints", /More than 32 informational answers/],
    ["one header without end", /overflow/i],
  ] as const
) {
  Deno.test({
    name: `nodeFetch() ends a request that is answered by ${name}`,
    ignore,
    fn: async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const flooding = floodOnce(listener, name);
      const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
      await assert.rejects(nodeFetch(url, { signal: signal() }), expected);
      await flooding;
    },
  });
}

for (const name of ["a chunk extension without end", "chunk extensions"]) {
  Deno.test({
    name: `nodeFetch() ends a body with ${name}`,
    ignore,
    fn: async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const flooding = floodOnce(listener, name);
      const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
      const response = await nodeFetch(url, { signal: signal() });
      await assert.rejects(response.arrayBuffer(), AnswerTooLong);
      await flooding;
    },
  });
}
