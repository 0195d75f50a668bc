import assert from "node:assert/strict";
import { HttpServer } from "../../../src/emulator/http/http_server.ts";
import type { ReceivedRequest } from "../../../src/emulator/http/message.ts";
import { FakeClock, turn, until } from "../../support/fake_clock.ts";
import { RawClient } from "./raw_client.ts";

const echo = (request: ReceivedRequest) => ({ status: 200, body: request.body });

Deno.test("HttpServer passes on method, path, query, headers and body, and numbers requests", async () => {
  const seen: ReceivedRequest[] = [];
  await using server = HttpServer.start({
    handler: (request) => {
      seen.push(request);
      return { status: 201, headers: { "X-Test": "yes" }, body: "åäö" };
    },
  });
  const response = await fetch(`${server.url}/a%2Fb?x=1+2&x=%25&y`, {
    method: "PUT",
    headers: { "X-Mixed-Case": "Value" },
    body: "hello",
  });
  assert.equal(response.status, 201);
  assert.equal(response.statusText, "Created");
  assert.equal(response.headers.get("x-test"), "yes");
  assert.equal(response.headers.get("content-length"), "6");
  assert.equal(await response.text(), "åäö");
  const [request] = seen;
  assert.ok(request);
  assert.equal(request.method, "PUT");
  assert.equal(request.target, "/a%2Fb?x=1+2&x=%25&y");
  assert.equal(request.path, "/a%2Fb");
  assert.deepEqual([...request.query], [["x", "1 2"], ["x", "%"], ["y", ""]]);
  assert.equal(request.headers.get("x-mixed-case"), "Value");
  assert.equal(new TextDecoder().decode(request.body), "hello");
  assert.deepEqual([request.connectionId, request.requestId], [1, 1]);
});

Deno.test("HttpServer names the port that is taken", async () => {
  await using server = HttpServer.start({ handler: echo });
  assert.throws(
    () => HttpServer.start({ handler: echo, port: server.port }),
    { message: `Cannot listen on 127.0.0.1:${server.port}: another program listens there` },
  );
});

Deno.test("HttpServer keeps a connection for requests that follow one another", async () => {
  await using server = HttpServer.start({ handler: echo });
  for (let turn = 0; turn < 5; turn++) {
    const response = await fetch(server.url, { method: "POST", body: `turn ${turn}` });
    assert.equal(await response.text(), `turn ${turn}`);
  }
  assert.equal(server.connectionsOpened, 1);
  assert.equal(server.connectionsOpen, 1);
  assert.equal(server.requestsOpenMax, 1);
});

Deno.test("HttpServer serves connections side by side", async () => {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  await using server = HttpServer.start({
    handler: async (request) => {
      if (++arrived === 4) all.resolve();
      await all.promise;
      return echo(request);
    },
  });
  const texts = await Promise.all([1, 2, 3, 4].map(async (turn) => {
    return await (await fetch(server.url, { method: "POST", body: `${turn}` })).text();
  }));
  assert.deepEqual(texts, ["1", "2", "3", "4"]);
  assert.equal(server.requestsOpenMax, 4);
});

Deno.test("HttpServer receives and sends bodies of many megabytes unchanged", async () => {
  await using server = HttpServer.start({ handler: echo });
  const sent = new Uint8Array(20_000_003);
  for (let at = 0; at < sent.length; at++) sent[at] = at * 31 >> 3;
  for (const body of [sent, streamOf(sent)]) { // a stream is sent in chunks
    const response = await fetch(server.url, { method: "POST", body });
    const got = await response.bytes();
    assert.equal(got.length, sent.length);
    assert.ok(got.every((byte, at) => byte === sent[at]));
  }
});

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += 300_000));
      if (at >= bytes.length) controller.close();
    },
  });
}

Deno.test("HttpServer answers HEAD with the length of the body it leaves out", async () => {
  await using server = HttpServer.start({ handler: () => ({ status: 200, body: "12345" }) });
  const head = await fetch(server.url, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "5");
  assert.equal(await head.text(), "");
  assert.equal(await (await fetch(server.url)).text(), "12345");
  assert.equal(server.connectionsOpened, 1);
});

Deno.test("HttpServer sends no body and no length with 204", async () => {
  await using server = HttpServer.start({ handler: () => ({ status: 204, body: "left out" }) });
  const response = await fetch(server.url);
  assert.equal(response.headers.has("content-length"), false);
  assert.equal(await response.text(), "");
  await (await fetch(server.url)).text();
  assert.equal(server.connectionsOpened, 1);
});

Deno.test("HttpServer closes after an answer with closeAfter", async () => {
  await using server = HttpServer.start({ handler: () => ({ status: 200, closeAfter: true }) });
  for (let turn = 1; turn <= 3; turn++) {
    const response = await fetch(server.url);
    await response.text();
    assert.equal(response.headers.get("connection"), "close");
    assert.equal(server.connectionsOpened, turn);
  }
});

Deno.test("HttpServer drops connections and keeps listening", async () => {
  await using server = HttpServer.start({ handler: echo });
  using idle = await RawClient.connect(server);
  await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await idle.readUntil("\r\n\r\n");
  server.dropConnections();
  assert.equal(await idle.readAll(), "");
  const again = await fetch(server.url, { method: "POST", body: "again" });
  assert.equal(await again.text(), "again");
  assert.equal(server.connectionsOpen, 1);
  assert.equal(server.connectionsOpened, 2);
});

Deno.test("HttpServer refuses connections once closed, and its port can be taken again", async () => {
  const first = HttpServer.start({ handler: echo });
  await (await fetch(first.url)).text();
  await first.close();
  await first.close();
  await assert.rejects(fetch(first.url), TypeError);
  await using second = HttpServer.start({ handler: echo, port: first.port });
  assert.equal(second.url, first.url);
  assert.equal(await (await fetch(second.url)).text(), "");
});

Deno.test("HttpServer closes while clients come in", async () => {
  for (let turn = 0; turn < 20; turn++) {
    const server = HttpServer.start({ handler: echo });
    const coming = Array.from({ length: 5 }, () => RawClient.connect(server));
    await coming[turn % 5];
    await server.close();
    for (const outcome of await Promise.allSettled(coming)) {
      if (outcome.status === "fulfilled") outcome.value[Symbol.dispose]();
    }
  }
});

Deno.test("HttpServer aborts the signal of handlers when it closes, and waits for them", async () => {
  const started = Promise.withResolvers<void>();
  let ended = false;
  const server = HttpServer.start({
    handler: async (_request, signal) => {
      started.resolve();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await turn();
      ended = true;
      return { status: 200 };
    },
  });
  using client = await RawClient.connect(server);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await started.promise;
  await server.close();
  assert.equal(ended, true);
});

Deno.test("HttpServer aborts the signal of a handler whose client leaves", async () => {
  const started = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  await using server = HttpServer.start({
    handler: async (_request, signal) => {
      signal.addEventListener("abort", () => left.resolve());
      started.resolve();
      await left.promise;
      throw signal.reason;
    },
  });
  const client = await RawClient.connect(server);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await started.promise;
  client[Symbol.dispose]();
  await left.promise;
});

Deno.test("HttpServer answers 500 for a handler that throws, and close throws what it threw", async () => {
  const server = HttpServer.start({
    handler: () => {
      throw new RangeError("a fault of the handler");
    },
  });
  const response = await fetch(server.url);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), "The handler failed\n");
  await assert.rejects(server.close(), { name: "RangeError", message: "a fault of the handler" });
});

Deno.test("HttpServer does not let a header break out of its line", async () => {
  const server = HttpServer.start({
    handler: () => ({ status: 200, headers: { "X-Echo": "a\r\nSet-Cookie: b" } }),
  });
  const response = await fetch(server.url);
  assert.equal(response.status, 500);
  assert.equal(response.headers.has("set-cookie"), false);
  await response.text();
  await assert.rejects(server.close(), TypeError);
});

Deno.test("HttpServer closes connections that stay idle, by its clock", async () => {
  const clock = new FakeClock();
  await using server = HttpServer.start({ handler: echo, clock, idleTimeoutMs: 5_000 });
  using client = await RawClient.connect(server);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.readUntil("\r\n\r\n");
  await clock.advance(4_999);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.readUntil("\r\n\r\n");
  await until(() => clock.sleeping > 0);
  await clock.advance(4_999);
  assert.equal(server.connectionsOpen, 1);
  await clock.advance(1);
  assert.equal(await client.readAll(), "");
  await until(() => server.connectionsOpen === 0);
});
