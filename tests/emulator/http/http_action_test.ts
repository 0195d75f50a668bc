import assert from "node:assert/strict";
import { HttpServer } from "../../../src/emulator/http/http_server.ts";
import type { HttpAction } from "../../../src/emulator/http/message.ts";
import { FakeClock, turn, until } from "../../support/fake_clock.ts";
import { RawClient } from "./raw_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const response = { status: 200, body: "0123456789" };

for (
  const { name, action, seen } of [
    { name: "nothing for close", action: { do: "close" }, seen: /^$/ },
    {
      name: "less than it announced for reset_in_body",
      action: { do: "reset_in_body", response, afterBytes: 4 },
      seen: /^HTTP\/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123$/,
    },
    {
      name: "the head alone for reset_in_body at 0",
      action: { do: "reset_in_body", response, afterBytes: 0 },
      seen: /\r\n\r\n$/,
    },
    {
      name: "more than it announced for a negative wrong_length",
      action: { do: "wrong_length", response, lengthDelta: -3 },
      seen: /Content-Length: 7\r\n\r\n0123456789$/,
    },
    {
      name: "less than it announced for a positive wrong_length",
      action: { do: "wrong_length", response, lengthDelta: 3 },
      seen: /Content-Length: 13\r\n\r\n0123456789$/,
    },
    {
      name: "any bytes for raw",
      action: { do: "raw", bytes: new TextEncoder().encode("no http\0"), closeAfter: true },
      seen: /^no http\0$/,
    },
    {
      name: "a plain answer for respond",
      action: { do: "respond", response: { ...response, closeAfter: true } },
      seen: /^HTTP\/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789$/,
    },
  ] satisfies { name: string; action: HttpAction; seen: RegExp }[]
) {
  Deno.test(`HttpServer sends ${name}, then ends`, async () => {
    await using server = HttpServer.start({ handler: () => action });
    using client = await RawClient.connect(server);
    await client.send(GET);
    assert.match(await client.readAll(), seen);
  });
}

Deno.test("HttpServer keeps the connection after raw bytes that do not close it", async () => {
  const bytes = new TextEncoder().encode("HTTP/1.1 200 Fine\r\nContent-Length: 1\r\n\r\n!");
  await using server = HttpServer.start({
    handler: () => ({ do: "raw", bytes, closeAfter: false }),
  });
  using client = await RawClient.connect(server);
  await client.send(GET);
  await client.readUntil("!");
  await client.send(GET);
  await client.readUntil("!");
});

Deno.test("HttpServer drips a body by its clock, at its full length", async () => {
  const clock = new FakeClock();
  const action: HttpAction = { do: "drip", response, chunkBytes: 4, everyMs: 1000 };
  await using server = HttpServer.start({ handler: () => action, clock });
  using client = await RawClient.connect(server);
  await client.send(GET);
  assert.match(await client.readUntil("0123"), /Content-Length: 10\r\n.*\r\n\r\n0123$/s);
  await clock.advance(1000);
  assert.equal(await client.readUntil("7"), "4567");
  await clock.advance(1000);
  assert.equal(await client.readUntil("9"), "89");
  await clock.advance(1000);
  assert.equal(await client.readAll(), "");
  assert.equal(clock.sleeping, 0);
});

Deno.test("HttpServer stops dripping when the client leaves", async () => {
  const clock = new FakeClock();
  const action: HttpAction = { do: "drip", response, chunkBytes: 1, everyMs: 1000 };
  await using server = HttpServer.start({ handler: () => action, clock });
  const client = await RawClient.connect(server);
  await client.send(GET);
  await client.readUntil("0");
  client[Symbol.dispose]();
  await until(() => server.connectionsOpen === 0);
  assert.equal(clock.sleeping, 0);
});

Deno.test("HttpServer hangs until the client leaves, whatever it sends meanwhile", async () => {
  const arrived = Promise.withResolvers<void>();
  await using server = HttpServer.start({
    handler: () => {
      arrived.resolve();
      return { do: "hang" };
    },
  });
  const client = await RawClient.connect(server);
  await client.send(GET);
  await arrived.promise;
  await client.send("x".repeat(200_000));
  await turn();
  assert.equal(server.connectionsOpen, 1);
  client[Symbol.dispose]();
  await until(() => server.connectionsOpen === 0);
});

Deno.test("HttpServer ends a hanging request when it closes", async () => {
  const server = HttpServer.start({ handler: () => ({ do: "hang" }) });
  const failed = assert.rejects(fetch(server.url), TypeError);
  await until(() => server.requestsOpenMax > 0);
  await server.close();
  await failed;
});

Deno.test("HttpServer cuts a connection before the body when onHead says so", async () => {
  let handled = 0;
  await using server = HttpServer.start({
    handler: () => ({ status: 200 + 0 * ++handled }),
    onHead: ({ headers }) => headers.get("x-cut") ? "close" : "go_on",
  });
  const body = new Uint8Array(5_000_000);
  await assert.rejects(
    fetch(server.url, { method: "POST", body, headers: { "X-Cut": "1" } }),
    TypeError,
  );
  assert.equal(handled, 0);
  await (await fetch(server.url, { method: "POST", body })).text();
  assert.equal(handled, 1);
});

Deno.test("HttpServer lets an early answer of onHead arrive while the body is still sent", async () => {
  let handled = 0;
  await using server = HttpServer.start({
    handler: () => ({ status: 200 + 0 * ++handled }),
    onHead: () => ({ status: 401, body: "early" }),
  });
  using client = await RawClient.connect(server);
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n");
  await client.send(new Uint8Array(20_000_000));
  const answer = await client.readAll();
  assert.match(answer, /^HTTP\/1.1 401 Unauthorized\r\n[^]*Connection: close\r\n\r\nearly$/);
  assert.equal(handled, 0);
});
