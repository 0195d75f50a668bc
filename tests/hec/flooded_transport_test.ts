import assert from "node:assert/strict";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { NodeTransport } from "../../src/hec/transport/node_transport.ts";
import { floodOnce } from "../floods/flood_once.ts";

for (
  const [name, expected] of [
    ["100 Continue", /More than 32 informational answers/],
    ["103 Early Hints", /More than 32 informational answers/],
    ["header lines without end", /Header overflow/],
    ["a head of 1 MB", /Header overflow/],
    ["chunks of one byte", /longer than 262,144 bytes/],
    ["a chunk extension without end", /longer than 262,144 bytes/],
    ["trailers without end", /The answer was cut off/], // its head has come, and says success
  ] as const
) {
  Deno.test({
    name: `NodeTransport ends a request that is answered by ${name}`,
    ignore: !nodeHttpIsSound,
    fn: async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr;
      const transport = new NodeTransport({
        baseUrl: `http://127.0.0.1:${port}`,
        verify: true,
        proxyUrl: undefined,
        caCerts: [],
        client: undefined,
      });
      const flooding = floodOnce(listener, name);
      const signal = AbortSignal.timeout(20_000);
      const request = { method: "POST", path: "/", headers: {}, body: new Uint8Array(10) } as const;
      await assert.rejects(transport.send(request, signal), (error: Error) => {
        assert.ok(!signal.aborted, "it ends long before its time is over");
        assert.match(`${error.message} ${error.cause ?? ""}`, expected);
        return true;
      });
      transport.close();
      assert.ok(
        await flooding < 16_000_000,
        "what is in the buffers of the connection, and no more",
      );
    },
  });
}
