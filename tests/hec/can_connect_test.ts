import assert from "node:assert/strict";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";

const NEVER = new AbortController().signal;

Deno.test("FetchTransport leaves no connection open when the look whether one can be made is given up", async () => {
  await using hec = HecEmulator.start();
  const transport = new FetchTransport({
    baseUrl: hec.url,
    verify: true,
    caCerts: [],
    client: undefined,
    proxyUrl: undefined,
  });
  try {
    for (let i = 0; i < 10; i++) {
      const stop = new AbortController();
      const looks = Promise.all(
        Array.from({ length: 50 }, () => transport.canConnect(stop.signal)),
      );
      await new Promise((resolve) => setTimeout(resolve, 0));
      const untilMs = performance.now() + 1; // meanwhile connections are made of which nothing is known here yet
      while (performance.now() < untilMs);
      stop.abort();
      await looks;
    }
    assert.equal(await transport.canConnect(AbortSignal.abort()), false);
    assert.equal(await transport.canConnect(NEVER), true);
  } finally {
    transport.close();
  }
});
