import assert from "node:assert/strict";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import type { Fill } from "../../../src/emulator/hec/hec_settings.ts";
import { CHANNEL, poll, post } from "./hec_client.ts";

const EVENT = '{"event":"x"}';
const tokens = [{ token: "ack", useAck: true }, { token: "plain" }];

for (
  const { queue = "ok", acks = "ok", token, backpressure, status, code, health } of [
    { token: "ack", backpressure: "warn_at_80", status: 200, code: 0, health: 17 },
    {
      queue: "warn",
      token: "plain",
      backpressure: "warn_at_80",
      status: 200,
      code: 24,
      health: 17,
    },
    { queue: "warn", token: "plain", backpressure: "disabled", status: 200, code: 0, health: 17 },
    {
      queue: "full",
      token: "plain",
      backpressure: "warn_at_80",
      status: 429,
      code: 26,
      health: 18,
    },
    { queue: "full", token: "plain", backpressure: "disabled", status: 503, code: 9, health: 18 },
    { acks: "warn", token: "ack", backpressure: "warn_at_80", status: 200, code: 25, health: 17 },
    { acks: "warn", token: "ack", backpressure: "disabled", status: 200, code: 0, health: 17 },
    { acks: "full", token: "ack", backpressure: "warn_at_80", status: 429, code: 27, health: 19 },
    { acks: "full", token: "ack", backpressure: "disabled", status: 503, code: 9, health: 19 },
    { acks: "full", token: "plain", backpressure: "warn_at_80", status: 200, code: 0, health: 19 },
    {
      queue: "full",
      acks: "full",
      token: "ack",
      backpressure: "warn_at_80",
      status: 429,
      code: 26,
      health: 20,
    },
  ] as {
    queue?: Fill;
    acks?: Fill;
    token: string;
    backpressure: "disabled" | "warn_at_80";
    status: number;
    code: number;
    health: number;
  }[]
) {
  Deno.test(`HecEmulator answers ${code}, health ${health}: queue ${queue}, acks ${acks}, ${token}, ${backpressure}`, async () => {
    await using hec = HecEmulator.start({ tokens, backpressure });
    Object.assign(hec.pressure, { queue, acks });
    const answer = await post(hec, EVENT, { token, channel: CHANNEL });
    assert.equal(answer.status, status);
    assert.equal((answer.json as { code: number }).code, code);
    assert.equal(hec.events.length, status === 200 ? 1 : 0);
    const { status: healthStatus, json } = await post(hec, null, {
      method: "GET",
      path: "/health",
    });
    assert.equal((json as { code: number }).code, health);
    assert.equal(healthStatus, health === 17 ? 200 : 503);
  });
}

Deno.test("HecEmulator leaves acks out of /health unless asked, when switched so", async () => {
  await using hec = HecEmulator.start({ switches: { healthShowsAcks: "when_asked" } });
  hec.pressure.acks = "full";
  const health = async (path: string) => (await post(hec, null, { method: "GET", path })).status;
  assert.equal(await health("/health"), 200);
  assert.equal(await health("/health?ack=true"), 503);
});

Deno.test("HecEmulator answers code 23 to everything while it shuts down, and closes", async () => {
  await using hec = HecEmulator.start();
  hec.shuttingDown = true;
  for (const options of [{}, { path: "/health", method: "GET" }]) {
    const { status, text, headers } = await post(hec, options.method ? null : EVENT, options);
    assert.deepEqual([status, text], [503, '{"text":"Server is shutting down","code":23}']);
    assert.equal(headers.get("connection"), "close");
  }
  hec.shuttingDown = false;
  assert.equal((await post(hec, EVENT)).status, 200);
});

Deno.test("HecEmulator warns and refuses by the ids that a channel has pending", async () => {
  const limits = { maxPendingAcksPerChannel: 5 };
  const options = { tokens, limits, backpressure: "warn_at_80", ackDelayMs: 0 } as const;
  await using hec = HecEmulator.start(options);
  const codes: number[] = [];
  for (let turn = 0; turn < 6; turn++) {
    codes.push(((await post(hec, EVENT, { channel: CHANNEL })).json as { code: number }).code);
  }
  assert.deepEqual(codes, [0, 0, 0, 0, 25, 27]);
  await poll(hec, [0, 1, 2]);
  assert.equal((await post(hec, EVENT, { channel: CHANNEL })).status, 200);
});

Deno.test("HecEmulator refuses one channel too many", async () => {
  await using hec = HecEmulator.start({ tokens, limits: { maxAckChannels: 1 } });
  assert.equal((await post(hec, EVENT, { channel: CHANNEL })).status, 200);
  const other = CHANNEL.replace("0a", "ff");
  assert.equal((await post(hec, EVENT, { channel: other })).status, 503);
  assert.equal((await post(hec, EVENT, { channel: CHANNEL })).status, 200);
});
