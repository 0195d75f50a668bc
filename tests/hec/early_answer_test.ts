import assert from "node:assert/strict";
import { nodeHttpIsSound, NodeTransport } from "../../src/hec/node_transport.ts";

const NEVER = new AbortController().signal;
const ANSWER = '{"text":"Success","code":0}';

/** Answers when the head of a request has come, and only then reads on. */
async function answerEarly(
  listener: Deno.TcpListener,
  readOn: Promise<void>,
): Promise<{ bodyBytes: number }> {
  using connection = await listener.accept();
  const chunk = new Uint8Array(4096);
  const first = await connection.read(chunk);
  const head = new TextDecoder().decode(chunk.subarray(0, first ?? 0)).split("\r\n\r\n")[0]!;
  await connection.write(
    new TextEncoder().encode(
      `HTTP/1.1 200 OK\r\ncontent-length: ${ANSWER.length}\r\nconnection: keep-alive\r\n\r\n${ANSWER}`,
    ),
  );
  await readOn;
  let bodyBytes = (first ?? 0) - head.length - 4;
  try {
    for (let read: number | null; (read = await connection.read(chunk)) !== null;) {
      bodyBytes += read;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error; // closed in the middle
  }
  return { bodyBytes };
}

Deno.test(
  "NodeTransport gives a connection up when the answer comes before the request is all sent",
  { ignore: !nodeHttpIsSound },
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { promise: readOn, resolve: goOn } = Promise.withResolvers<void>();
    const serving = answerEarly(listener, readOn);
    const transport = new NodeTransport({
      baseUrl: `http://127.0.0.1:${listener.addr.port}`,
      verify: true,
      caCerts: [],
      client: undefined,
      proxyUrl: undefined,
    });
    try {
      const body = new Uint8Array(20_000_000); // more than sockets buffer
      const request = { method: "POST", path: "/services/collector/event", headers: {}, body };
      const { status } = await transport.send({ ...request, method: "POST" }, NEVER);
      assert.equal(status, 200);
      goOn();
      const { bodyBytes } = await serving; // ends only when the connection is closed
      assert.ok(bodyBytes < body.length, `${bodyBytes} bytes came`);
    } finally {
      transport.close();
    }
  },
);
