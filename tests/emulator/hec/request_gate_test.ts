import assert from "node:assert/strict";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import type { HecEmulatorOptions } from "../../../src/emulator/hec/hec_emulator_options.ts";
import { post, type PostOptions } from "./hec_client.ts";

const EVENT = '{"event":"x"}';
const NOT_FOUND = '{"text":"The requested URL was not found on this server.","code":404}';
const basic = (pair: string) => ({ "Authorization": `Basic ${btoa(pair)}` });

const tokens = [
  { token: "good" },
  { token: "off", disabled: true },
  { token: "query", allowQueryStringAuth: true },
];

interface Case extends PostOptions {
  readonly name: string;
  readonly body?: BodyInit | null;
  readonly options?: HecEmulatorOptions;
  readonly status: number;
  /** The whole body as JSON; undefined if it is not JSON. */
  readonly text: string | undefined;
}

const cases: Case[] = [
  ...["", "/event", "/event/1.0", "/raw", "/raw/1.0"].map((path) => ({
    name: `POST ${path}`,
    path,
    status: 200,
    text: '{"text":"Success","code":0}',
  })),
  ...["/health", "/health/1.0"].map((path) => ({
    name: `GET ${path} without a token`,
    path,
    method: "GET",
    body: null,
    token: null,
    status: 200,
    text: '{"text":"HEC is healthy","code":17}',
  })),
  ...["", "/event", "/raw", "/ack"].map((path) => ({
    name: `GET ${path}`,
    path,
    method: "GET",
    body: null,
    status: 405,
    text: NOT_FOUND,
  })),
  { name: "PUT /event", method: "PUT", status: 405, text: NOT_FOUND },
  { name: "POST /health", path: "/health", status: 405, text: NOT_FOUND },
  ...["/events", "/event/", "/event/2.0", "/mint", "/mint/1.0", "/s2s", "/Event"].map((path) => ({
    name: `POST ${path}`,
    path,
    status: 404,
    text: NOT_FOUND,
  })),
  {
    name: "no Authorization",
    token: null,
    status: 401,
    text: '{"text":"Token is required","code":2}',
  },
  ...["Bearer good", "good", "Splunk", "Splunk good too", "splunk good", "Basic !", "Basic Zm9v"]
    .map((authorization) => ({
      name: `Authorization: ${authorization}`,
      headers: { "Authorization": authorization },
      status: 401,
      text: '{"text":"Invalid authorization","code":3}',
    })),
  {
    name: "a scheme in lower case, switched on",
    headers: { "Authorization": "splunk good" },
    options: { switches: { schemeCase: "any" } },
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  ...["x:good", ":good", "Splunk:good"].map((pair) => ({
    name: `HTTP Basic with ${pair}`,
    headers: basic(pair),
    status: 200,
    text: '{"text":"Success","code":0}',
  })),
  {
    name: "HTTP Basic with the token as the user",
    headers: basic("good:"),
    status: 403,
    text: '{"text":"Invalid token","code":4}',
  },
  {
    name: "an unknown token",
    token: "stranger",
    status: 403,
    text: '{"text":"Invalid token","code":4}',
  },
  {
    name: "a disabled token",
    token: "off",
    status: 403,
    text: '{"text":"Token disabled","code":1}',
  },
  {
    name: "a query token beside a good header",
    path: "/event?token=good",
    status: 400,
    text: '{"text":"Query string authorization is not enabled","code":16}',
  },
  {
    name: "a query token that may be one",
    path: "/event?token=query",
    token: null,
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  ...([["off", 22, "Token disabled"], ["stranger", 21, "Invalid token"]] as const).map((
    [token, code, text],
  ) => ({
    name: `/health with the token ${token}, switched to look at it`,
    path: `/health?token=${token}`,
    method: "GET",
    body: null,
    options: { switches: { healthChecksToken: true } },
    status: 400,
    text: JSON.stringify({ text, code }),
  })),
  {
    name: "/health with a token that is not checked",
    path: "/health?token=stranger",
    method: "GET",
    body: null,
    status: 200,
    text: '{"text":"HEC is healthy","code":17}',
  },
];

for (const { name, body = EVENT, options = {}, status, text, ...request } of cases) {
  Deno.test(`HecEmulator answers ${name} with ${status} ${text ?? "and a page"}`, async () => {
    await using hec = HecEmulator.start({ tokens, ...options });
    const answer = await post(hec, body, request);
    assert.equal(answer.status, status);
    if (text === undefined) assert.match(answer.text, /^<!doctype html>/);
    else assert.equal(answer.text, text);
    assert.equal(
      hec.events.length > 0,
      answer.json !== undefined && status === 200 &&
        !name.includes("/health"),
    );
    const [seen] = hec.requests;
    assert.equal(seen?.status, status);
    assert.equal(seen?.code, text === undefined ? undefined : JSON.parse(text).code);
  });
}

for (
  const [path, allow] of [
    ["", "POST,OPTIONS"],
    ["/event/1.0", "POST,OPTIONS"],
    ["/raw", "POST,OPTIONS"],
    ["/ack", "POST,OPTIONS"],
    ["/mint", "POST,OPTIONS"],
    ["/s2s", "POST,OPTIONS"],
    ["/health", "GET,HEAD,OPTIONS"],
  ] as const
) {
  Deno.test(`HecEmulator answers OPTIONS ${path} without a token`, async () => {
    await using hec = HecEmulator.start();
    const { status, text, headers } = await post(hec, null, {
      method: "OPTIONS",
      path,
      token: null,
    });
    assert.deepEqual([status, text, headers.get("allow")], [200, "", allow]);
  });
}

Deno.test("HecEmulator answers HEAD /health without a body", async () => {
  await using hec = HecEmulator.start();
  const { status, text } = await post(hec, null, { method: "HEAD", path: "/health" });
  assert.deepEqual([status, text], [200, ""]);
});

Deno.test("HecEmulator sends the headers of splunkd and the time of its clock", async () => {
  await using hec = HecEmulator.start();
  const { headers } = await post(hec, EVENT);
  assert.equal(headers.get("server"), "Splunkd");
  assert.equal(headers.get("content-type"), "application/json; charset=UTF-8");
  assert.equal(headers.get("vary"), "Authorization");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("x-frame-options"), "SAMEORIGIN");
  assert.equal(headers.get("connection"), "Keep-Alive");
  assert.match(headers.get("date") ?? "", / GMT$/);
});
