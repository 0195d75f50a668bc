import assert from "node:assert/strict";
import { HttpServer } from "../../../src/emulator/http/http_server.ts";
import type { ReceivedRequest } from "../../../src/emulator/http/message.ts";
import { turn } from "../../support/fake_clock.ts";
import { RawClient } from "./raw_client.ts";

const echo = ({ method, path, body }: ReceivedRequest) => {
  return { status: 200, body: `<${method} ${path} ${new TextDecoder().decode(body)}>` };
};
const post = (body: string, more = "") =>
  `POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;

Deno.test("HttpServer answers pipelined requests in order", async () => {
  await using server = HttpServer.start({
    handler: async (request) => {
      await turn();
      return echo(request);
    },
  });
  using client = await RawClient.connect(server);
  await client.send(
    post("one") + post("two") + "\r\n" + post("three") + "GET /four HTTP/1.1\r\nHo",
  );
  const text = await client.readUntil(">", 3);
  assert.deepEqual(text.match(/<.*?>/g), ["<POST /p one>", "<POST /p two>", "<POST /p three>"]);
  await client.send("st: a\r\n\r\n");
  assert.match(await client.readUntil(">"), /<GET \/four >/);
  assert.equal(server.connectionsOpened, 1);
});

Deno.test("HttpServer reads a request that arrives byte by byte", async () => {
  await using server = HttpServer.start({ handler: echo });
  using client = await RawClient.connect(server);
  for (const character of post("slow")) {
    await client.send(character);
    await turn();
  }
  assert.match(await client.readUntil(">"), /<POST \/p slow>/);
});

Deno.test("HttpServer accepts lines that end in LF alone", async () => {
  await using server = HttpServer.start({ handler: echo });
  using client = await RawClient.connect(server);
  await client.send("GET /lf HTTP/1.1\nHost: a\n\n");
  assert.match(await client.readUntil(">"), /<GET \/lf >/);
});

for (
  const { name, head, connection, closes } of [
    { name: "closes after HTTP/1.0", head: "GET / HTTP/1.0\r\n\r\n", connection: "close" },
    {
      name: "keeps HTTP/1.0 alive when asked to",
      head: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
      connection: "keep-alive",
      closes: false,
    },
    {
      name: "closes when the client says so",
      head: "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n",
      connection: "close",
    },
  ]
) {
  Deno.test(`HttpServer ${name}`, async () => {
    await using server = HttpServer.start({ handler: echo });
    using client = await RawClient.connect(server);
    await client.send(head);
    const answer = await client.readUntil(">");
    assert.match(answer, new RegExp(`\r\nConnection: ${connection}\r\n`));
    if (closes === false) {
      await client.send(head);
      await client.readUntil(">");
    } else assert.equal(await client.readAll(), "");
  });
}

Deno.test("HttpServer says 100 Continue before it waits for a body, and only then", async () => {
  await using server = HttpServer.start({ handler: echo });
  using client = await RawClient.connect(server);
  await client.send(post("", "").replace("Length: 0\r\n", "Length: 4\r\nExpect: 100-continue\r\n"));
  assert.equal(await client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("body");
  assert.match(await client.readUntil(">"), /^HTTP\/1.1 200 OK\r\n[^]*<POST \/p body>/);
  await client.send(post("here", "Expect: 100-continue\r\n"));
  assert.match(await client.readUntil(">"), /^HTTP\/1.1 200 OK\r\n/);
});

Deno.test("HttpServer decodes chunked bodies with extensions and trailers", async () => {
  await using server = HttpServer.start({ handler: echo });
  using client = await RawClient.connect(server);
  await client.send(
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" +
      "4;name=value\r\nWiki\r\n05 \r\npedia\r\nA\r\n in\r\nlines\r\n0\r\nTrailer: x\r\n\r\n" +
      post("next"),
  );
  const text = await client.readUntil(">", 2);
  assert.match(text, /<POST \/c Wikipedia in\r\nlines>/);
  assert.match(text, /<POST \/p next>/);
});

Deno.test("HttpServer takes an absolute target, whose host wins", async () => {
  await using server = HttpServer.start({
    handler: ({ path, target, query, headers }) => {
      return { status: 200, body: `<${path} ${query} ${headers.get("host")} ${target}>` };
    },
  });
  using client = await RawClient.connect(server);
  for (
    const [target, seen] of [
      ["http://h.example:80/p/q?a=b", "/p/q a=b h.example:80"],
      ["HTTP://h.example", "/  h.example"],
      ["http://h.example?a=b", "/ a=b h.example"],
    ]
  ) {
    await client.send(`GET ${target} HTTP/1.1\r\nHost: other\r\n\r\n`);
    const answer = await client.readUntil(">");
    assert.ok(answer.includes(`<${seen} ${target}>`), answer);
  }
});

Deno.test("HttpServer reads header bytes above ASCII as Latin-1", async () => {
  await using server = HttpServer.start({
    handler: ({ headers }) => ({ status: 200, body: `<${headers.get("x") === "\u0080ÿ"}>` }),
  });
  using client = await RawClient.connect(server);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ", new Uint8Array([0x80, 0xff]), "\r\n\r\n");
  assert.match(await client.readUntil(">"), /<true>/);
});

for (
  const { name, bytes, status } of [
    { name: "a line that is no request", bytes: "hello\r\n\r\n", status: 400 },
    { name: "a TLS handshake", bytes: "\x16\x03\x01\x02", status: 400 },
    { name: "a target with a space", bytes: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", status: 400 },
    { name: "a target that is no path", bytes: "GET a HTTP/1.1\r\nHost: a\r\n\r\n", status: 400 },
    { name: "a missing Host", bytes: "GET / HTTP/1.1\r\n\r\n", status: 400 },
    { name: "HTTP/2", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505 },
    { name: "a folded header", bytes: "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", status: 400 },
    { name: "a space before the colon", bytes: "GET / HTTP/1.1\r\nHost : a\r\n\r\n", status: 400 },
    { name: "a NUL in a header", bytes: "GET / HTTP/1.1\r\nHost: \0\r\n\r\n", status: 400 },
    {
      name: "a bare CR in a header",
      bytes: "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
      status: 400,
    },
    {
      name: "a negative length",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      status: 400,
    },
    {
      name: "two lengths",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      status: 400,
    },
    {
      name: "a length beside chunks",
      bytes:
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      status: 400,
    },
    {
      name: "chunks in HTTP/1.0",
      bytes: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      status: 400,
    },
    {
      name: "another transfer coding",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      status: 501,
    },
    {
      name: "a chunk size that is not a number",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      status: 400,
    },
    {
      name: "a chunk that is longer than its size",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      status: 400,
    },
    {
      name: "a chunk line without end",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
        "x".repeat(9000),
      status: 400,
    },
    {
      name: "trailers without end",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
        "T: x\r\n".repeat(200),
      status: 431,
    },
    {
      name: "an unknown expectation",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nExpect: cookies\r\n\r\n",
      status: 417,
    },
    {
      name: "a head over 64 KiB",
      bytes: "GET / HTTP/1.1\r\nHost: a\r\n" + `X: ${"y".repeat(1000)}\r\n`.repeat(80),
      status: 431,
    },
    {
      name: "a body over the limit",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\nbegins",
      status: 413,
    },
    {
      name: "chunks over the limit",
      bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\nbegins",
      status: 413,
    },
  ]
) {
  Deno.test(`HttpServer refuses ${name} with ${status} and closes`, async () => {
    let handled = 0;
    await using server = HttpServer.start({
      handler: () => ({ status: 200 + 0 * ++handled }),
      maxBodyBytes: 1_000_000,
    });
    using client = await RawClient.connect(server);
    await client.send(bytes);
    const answer = await client.readAll();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.equal(handled, 0);
  });
}

for (
  const [name, bytes] of [
    ["nothing", ""],
    ["half a head", "GET / HT"],
    ["half a body", post("whole").slice(0, -2)],
    ["half a chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
  ] as const
) {
  Deno.test(`HttpServer forgets a client that leaves after ${name}`, async () => {
    let handled = 0;
    await using server = HttpServer.start({ handler: () => ({ status: 200 + 0 * ++handled }) });
    using client = await RawClient.connect(server);
    await client.send(bytes);
    await client.endSending();
    assert.equal(await client.readAll(), "");
    assert.equal(handled, 0);
  });
}

Deno.test("HttpServer still answers a client that has closed only its own side", async () => {
  await using server = HttpServer.start({ handler: async (request) => await echo(request) });
  using client = await RawClient.connect(server);
  await client.send(post("last words"));
  await client.endSending();
  assert.match(await client.readAll(), /<POST \/p last words>/);
});
