import assert from "node:assert/strict";
import { noTlsFiles, type TlsFiles, type TlsTexts } from "../../../src/base/tls_files.ts";
import type { HecResponse } from "../../../src/hec/transport/hec_transport.ts";
import { RotatingTransport } from "../../../src/hec/transport/rotating_transport.ts";
import { FakeClock, settleInside } from "../../support/fake_clock.ts";
import { answer, FakeTransport, SUCCESS } from "../fake_transport.ts";

const NEVER = new AbortController().signal;
const request = { method: "GET", path: "/", headers: {} } as const;

function setUp(
  maxConnectionAge: { afterRequests?: number; afterMs?: number } = {},
  tls: TlsFiles = noTlsFiles,
) {
  const clock = new FakeClock();
  const transports: FakeTransport[] = [];
  const waiting: PromiseWithResolvers<HecResponse>[] = [];
  const rotating = new RotatingTransport(
    () => {
      const transport = new FakeTransport(() => {
        const answering = Promise.withResolvers<HecResponse>();
        waiting.push(answering);
        return answering.promise;
      });
      transports.push(transport);
      return transport;
    },
    tls,
    { afterRequests: Infinity, afterMs: Infinity, ...maxConnectionAge },
    clock,
  );
  const send = async () => {
    const sending = rotating.send(request, NEVER);
    await settleInside();
    return { sending, answer: () => waiting.at(-1)!.resolve(answer(SUCCESS)) };
  };
  const sendAndAnswer = async () => {
    const { sending, answer } = await send();
    answer();
    await sending;
  };
  return { clock, transports, rotating, send, sendAndAnswer, waiting };
}

Deno.test("RotatingTransport makes a connection for the first request, and keeps it", async () => {
  const { transports, sendAndAnswer, rotating } = setUp();
  assert.equal(transports.length, 0);
  for (let i = 0; i < 5; i++) await sendAndAnswer();
  assert.equal(transports.length, 1);
  assert.equal(rotating.isDue, false);
  rotating.close();
  assert.equal(transports[0]!.closed, true);
});

Deno.test("RotatingTransport is due after its requests, or its time", async () => {
  const byRequests = setUp({ afterRequests: 2 });
  assert.equal(byRequests.rotating.isDue, false);
  await byRequests.sendAndAnswer();
  assert.equal(byRequests.rotating.isDue, false);
  await byRequests.sendAndAnswer();
  assert.equal(byRequests.rotating.isDue, true);
  byRequests.rotating.retire();
  assert.equal(byRequests.rotating.isDue, false);

  const byTime = setUp({ afterMs: 300_000 });
  await byTime.sendAndAnswer();
  await byTime.clock.advance(299_999);
  assert.equal(byTime.rotating.isDue, false);
  await byTime.clock.advance(1);
  assert.equal(byTime.rotating.isDue, true);
});

Deno.test("RotatingTransport closes a retired connection when its last request has ended", async () => {
  const { transports, rotating, send, waiting } = setUp();
  const { sending } = await send();
  const { sending: failing } = await send();
  rotating.retire();
  assert.equal(transports[0]!.closed, false);
  const { sending: other } = await send();
  assert.equal(transports.length, 2);
  waiting[0]!.resolve(answer(SUCCESS));
  await sending;
  assert.equal(transports[0]!.closed, false);
  waiting[1]!.reject(new Error("reset"));
  await assert.rejects(failing, /reset/);
  assert.equal(transports[0]!.closed, true);
  waiting[2]!.resolve(answer(SUCCESS));
  await other;
  assert.equal(transports[1]!.closed, false);
});

Deno.test("RotatingTransport keeps a connection that has carried nothing yet", async () => {
  const { transports, rotating, sendAndAnswer } = setUp();
  rotating.retire();
  await sendAndAnswer();
  rotating.retire();
  rotating.retire();
  await sendAndAnswer();
  assert.deepEqual(transports.map(({ closed }) => closed), [true, false]);
});

Deno.test("RotatingTransport closes each connection once, whatever is in flight", async () => {
  const { transports, rotating, send, waiting } = setUp();
  const { sending: first } = await send();
  rotating.retire();
  const { sending: second } = await send();
  rotating.close();
  assert.deepEqual(transports.map(({ closed }) => closed), [true, true]);
  for (const transport of transports) {
    transport.close = () => assert.fail("closed twice");
  }
  for (const { resolve } of waiting) resolve(answer(SUCCESS));
  await Promise.all([first, second]);
});

Deno.test("RotatingTransport takes a new connection when certificates have changed, and ends the old one with its last request", async () => {
  let texts: TlsTexts = { caCerts: ["old"], client: undefined };
  const tls = { current: () => Promise.resolve(texts) };
  const { transports, rotating, send, waiting } = setUp({}, tls);
  await rotating.refreshTls(NEVER);
  const { sending } = await send();
  await rotating.refreshTls(NEVER);
  assert.equal(rotating.tlsGeneration, 0, "nothing has changed");
  texts = { caCerts: ["new"], client: undefined };
  await rotating.refreshTls(NEVER);
  assert.equal(rotating.tlsGeneration, 1);
  const { sending: next } = await send();
  assert.equal(transports.length, 2);
  assert.deepEqual(transports.map(({ closed }) => closed), [false, false]);
  for (const { resolve } of waiting) resolve(answer(SUCCESS));
  await Promise.all([sending, next]);
  assert.deepEqual(transports.map(({ closed }) => closed), [true, false]);
  rotating.close();
});
