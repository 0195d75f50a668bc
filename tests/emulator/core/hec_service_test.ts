import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HecService } from "../../../src/emulator/core/hec/hec_service.ts";
import { PlainServer } from "../../../src/emulator/core/plain_server.ts";
import { post, type PostOptions } from "../hec/hec_client.ts";

const TOKEN = "the-token";
const EVENTS = '{"event":"one"} {"event":{"n":2}}';

interface Case {
  readonly sentence: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly options?: PostOptions;
  readonly status: number;
  readonly code: number;
  readonly events?: readonly string[];
}

const gzip = { "Content-Encoding": "gzip" };
const cases: Case[] = [
  { sentence: "takes events", status: 200, code: 0, events: ["one", "two"] },
  {
    sentence: "takes gzip",
    body: new Uint8Array(gzipSync(EVENTS)),
    options: { headers: gzip },
    status: 200,
    code: 0,
    events: ["one", "two"],
  },
  { sentence: "refuses a broken gzip", options: { headers: gzip }, status: 400, code: 6 },
  {
    sentence: "keeps the events before a bad one",
    body: '{"event":"one"} {"event":""}',
    status: 400,
    code: 13,
    events: ["one"],
  },
  {
    sentence: "takes lines of /raw",
    body: "one\ntwo",
    options: { path: "/raw" },
    status: 200,
    code: 0,
    events: ["one", "two"],
  },
  { sentence: "refuses a wrong token", options: { token: "x" }, status: 403, code: 4 },
  { sentence: "asks for a token", options: { token: null }, status: 401, code: 2 },
  {
    sentence: "refuses polls: acknowledgement is off",
    options: { path: "/ack" },
    status: 400,
    code: 14,
  },
  {
    sentence: "says that it is healthy",
    options: { method: "GET", path: "/health" },
    status: 200,
    code: 17,
  },
  { sentence: "knows no other path", options: { path: "/elsewhere" }, status: 404, code: 404 },
];
for (const { sentence, body = EVENTS, options = {}, status, code, events = [] } of cases) {
  Deno.test(`HecService ${sentence}`, async () => {
    const seen: string[] = [];
    const service = new HecService({ token: TOKEN }, (body, { eventStart, eventEnd }) => {
      const text = new TextDecoder().decode(body.subarray(eventStart, eventEnd));
      seen.push(text.replaceAll('"', "").replace("{n:2}", "two"));
    });
    await using server = new PlainServer((request) => service.handle(request));
    const hec = { url: server.url, token: TOKEN };
    const answer = await post(hec, options.method === "GET" ? null : body, options);
    assert.equal(answer.status, status);
    assert.equal((answer.json as { code: number }).code, code);
    assert.deepEqual(seen, events);
  });
}

Deno.test("HecService keeps no connection alive for a client without User-Agent", () => {
  const service = new HecService({ token: TOKEN }, () => {});
  const request = { method: "GET", path: "/services/collector/health", body: new Uint8Array() };
  for (const headers of [{}, { "User-Agent": "test" }]) {
    const query = new URLSearchParams();
    const answer = service.handle({ ...request, query, headers: new Headers(headers) });
    assert.equal(answer.closeAfter, !("User-Agent" in headers));
  }
});
