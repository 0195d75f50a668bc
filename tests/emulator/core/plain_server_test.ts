import assert from "node:assert/strict";
import type { HttpRequest } from "../../../src/emulator/core/http.ts";
import { PlainServer } from "../../../src/emulator/core/plain_server.ts";
import { turn } from "../../support/fake_clock.ts";
import { RawClient } from "../http/raw_client.ts";

const portOf = ({ url }: PlainServer) => ({ port: Number(new URL(url).port) });

Deno.test("PlainServer passes on method, raw path, query, headers and body", async () => {
  const seen: HttpRequest[] = [];
  await using server = new PlainServer((request) => {
    seen.push(request);
    return { status: 201, headers: { "X-Test": "yes" }, body: "åäö" };
  });
  const response = await fetch(`${server.url}/a%2Fb?x=1+2&x=%25&y`, {
    method: "PUT",
    headers: { "X-Mixed-Case": "Value" },
    body: "hello",
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-test"), "yes");
  assert.equal(await response.text(), "åäö");
  const [request] = seen;
  assert.ok(request);
  assert.equal(request.method, "PUT");
  assert.equal(request.path, "/a%2Fb");
  assert.deepEqual([...request.query], [["x", "1 2"], ["x", "%"], ["y", ""]]);
  assert.equal(request.headers.get("x-mixed-case"), "Value");
  assert.equal(new TextDecoder().decode(request.body), "hello");
});

for (const host of ["demo.cn-test.log.aliyuncs.com", "demo-project.127.0.0.1:80"]) {
  Deno.test(`PlainServer takes the host ${host}`, async () => {
    await using server = new PlainServer(({ path, headers }) => {
      return { status: 200, body: `<${path} ${headers.get("host")}>` };
    });
    using client = await RawClient.connect(portOf(server));
    await client.send(`GET /a?b HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.ok((await client.readUntil(">")).endsWith(`</a ${host}>`));
  });
}

Deno.test("PlainServer names the port that is taken", async () => {
  await using server = new PlainServer(() => ({ status: 200 }));
  const { port } = portOf(server);
  assert.throws(
    () => new PlainServer(() => ({ status: 200 }), port),
    { name: "OperatorError", message: new RegExp(`127\\.0\\.0\\.1:${port}`) },
  );
});

Deno.test("PlainServer sends JSON as it is to a client that accepts gzip", async () => {
  const body = JSON.stringify({ text: "x".repeat(5000) });
  const headers = { "Content-Type": "application/json" };
  await using server = new PlainServer(() => ({ status: 200, headers, body }));
  using client = await RawClient.connect(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  const answer = await client.readUntil("}");
  assert.ok(answer.endsWith(body));
  assert.doesNotMatch(answer, /content-encoding/i);
});

Deno.test("PlainServer says Connection: close when the answer asks for it", async () => {
  await using server = new PlainServer(({ path }) => {
    return { status: 200, closeAfter: path === "/close", headers: { "Connection": "Keep-Alive" } };
  });
  for (const [path, connection] of [["/", "Keep-Alive"], ["/close", "close"]]) {
    using client = await RawClient.connect(portOf(server));
    await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const head = await client.readUntil("\r\n\r\n");
    assert.match(head, new RegExp(`\r\nconnection: ${connection}\r\n`, "i"));
  }
});

Deno.test("PlainServer answers 500 for a handler that throws, and throws its error at the end", async () => {
  const server = new PlainServer(() => {
    throw new RangeError("a fault of the handler");
  });
  const response = await fetch(server.url);
  assert.equal(response.status, 500);
  await response.text();
  await assert.rejects(server[Symbol.asyncDispose](), { name: "RangeError" });
});

Deno.test("PlainServer outlives a client that leaves in the middle of its body", async () => {
  let handled = 0;
  await using server = new PlainServer(() => ({ status: 200, body: `${++handled}` }));
  {
    using client = await RawClient.connect(portOf(server));
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  }
  await turn();
  assert.equal(await (await fetch(server.url)).text(), "1");
});

Deno.test("PlainServer drops connections at the end, also one in the middle of a request", async () => {
  const server = new PlainServer(() => ({ status: 200 }));
  using idle = await RawClient.connect(portOf(server));
  await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await idle.readUntil("\r\n\r\n");
  using slow = await RawClient.connect(portOf(server));
  await slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  await server[Symbol.asyncDispose]();
  assert.equal(await idle.readAll(), "");
  await slow.readAll();
});
