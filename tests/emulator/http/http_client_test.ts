import assert from "node:assert/strict";
import { HttpServer } from "../../../src/emulator/http/http_server.ts";
import { RawClient } from "./raw_client.ts";

// A self-signed certificate of localhost and 127.0.0.1, only for these tests.
const tls = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUFJC7PlVm9Injzrc4anFnMxBvXH4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzE4NDAwM1oYDzIxMjYxMDMw
MTg0MDAzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARjUWZtOa1k9R/omTXZgPPXe/3vdQF4LnH9owmK1FdRkmHGW+habbUo
74nOidk+5S8lZF9bOFJURNsZvZcee+ddo2wwajAdBgNVHQ4EFgQUv9dkRd5HZR8y
JNkCIe6RForeshowHwYDVR0jBBgwFoAUv9dkRd5HZR8yJNkCIe6RForeshowGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E
AwIDSAAwRQIhAIy9iRyA/BFm+fcRohUk2E7HAMpYYYagSGTX8Y9Z/W6HAiBFkSy9
R7OXbpbrvM00AdMXvSlIfvJsndXbZRjOdmgJMw==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwhH58qeV07IaQKNA
t+HnSAY8OVQJ70sgswSwQqAaKU2hRANCAARjUWZtOa1k9R/omTXZgPPXe/3vdQF4
LnH9owmK1FdRkmHGW+habbUo74nOidk+5S8lZF9bOFJURNsZvZcee+dd
-----END PRIVATE KEY-----
`,
};

const echo = { handler: ({ body }: { body: Uint8Array }) => ({ status: 200, body }) };

Deno.test("HttpServer speaks TLS", async () => {
  await using server = HttpServer.start({ ...echo, tls });
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  using client = Deno.createHttpClient({ caCerts: [tls.cert], http2: false });
  const body = new Uint8Array(3_000_000).fill(7);
  for (let turn = 0; turn < 2; turn++) {
    const response = await fetch(server.url, { method: "POST", body, client });
    assert.equal((await response.bytes()).length, body.length);
  }
  assert.equal(server.connectionsOpened, 1);
});

Deno.test("HttpServer outlives a client that does not speak TLS", async () => {
  await using server = HttpServer.start({ ...echo, tls });
  using plain = await RawClient.connect(server);
  await plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await plain.readAll();
  using client = Deno.createHttpClient({ caCerts: [tls.cert] });
  const response = await fetch(server.url, { method: "POST", body: "well", client });
  assert.equal(await response.text(), "well");
});

const ignore = !await hasCurl();

async function hasCurl(): Promise<boolean> {
  try {
    return (await new Deno.Command("curl", { args: ["--version"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs curl with a body of `size` bytes on its standard input; returns its output. */
async function curl(size: number, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const command = new Deno.Command("curl", {
    args: ["-sS", "-m", "20", "--noproxy", "*", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(size).fill(120));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

for (
  const { name, size, args, log } of [
    { name: "a body after 100 Continue", size: 1_500_000, args: [], log: /HTTP\/1.1 100 Continue/ },
    { name: "a small body", size: 10, args: [], log: /HTTP\/1.1 200 OK/ },
    {
      name: "a chunked body",
      size: 300_000,
      args: ["-H", "Transfer-Encoding: chunked"],
      log: /HTTP\/1.1 200 OK/,
    },
    { name: "HTTP/1.0", size: 300_000, args: ["--http1.0"], log: /HTTP\/1.1 200 OK/ },
  ]
) {
  Deno.test({
    name: `HttpServer serves curl with ${name}`,
    ignore,
    fn: async () => {
      await using server = HttpServer.start(echo);
      const { stdout, stderr } = await curl(size, "-v", "--data-binary", "@-", ...args, server.url);
      assert.match(stderr, log);
      assert.equal(stdout.length, size);
    },
  });
}

Deno.test({
  name: "HttpServer serves several requests of curl on one connection",
  ignore,
  fn: async () => {
    await using server = HttpServer.start(echo);
    const { stdout } = await curl(0, "-d", "abc", server.url, "--next", "-d", "xyz", server.url);
    assert.equal(stdout, "abcxyz");
    assert.equal(server.connectionsOpened, 1);
  },
});
