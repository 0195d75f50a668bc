import assert from "node:assert/strict";
import { HttpServer } from "../../../src/emulator/http/http_server.ts";

const RESET = `
  import net from "node:net";
  const socket = net.connect(Number(Deno.args[0]), "127.0.0.1", () => socket.resetAndDestroy());
`;

Deno.test("HttpServer survives a connection that is reset before it is accepted", async () => {
  await using server = HttpServer.start({ handler: () => ({ status: 200, body: "here" }) });
  const script = await Deno.makeTempFile({ suffix: ".mjs" });
  try {
    await Deno.writeTextFile(script, RESET);
    // This process is blocked meanwhile and accepts nothing.
    const { success } = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--allow-net=127.0.0.1", script, `${server.port}`],
    }).outputSync();
    assert.ok(success);
  } finally {
    await Deno.remove(script);
  }
  const response = await fetch(server.url, { signal: AbortSignal.timeout(20_000) });
  assert.equal(await response.text(), "here");
});
