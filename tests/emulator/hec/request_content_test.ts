import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import type { HecEmulatorOptions } from "../../../src/emulator/hec/hec_emulator_options.ts";
import { CHANNEL, post, type PostOptions } from "./hec_client.ts";

const EVENT = '{"event":"x"}';

interface Case extends PostOptions {
  readonly name: string;
  readonly body?: BodyInit;
  readonly options?: HecEmulatorOptions;
  readonly status: number;
  /** The whole body as JSON; undefined if it is not JSON. */
  readonly text: string | undefined;
}

const cases: Case[] = [
  {
    name: "deflate",
    headers: { "Content-Encoding": "deflate" },
    status: 415,
    text: undefined,
  },
  {
    name: "identity",
    headers: { "Content-Encoding": "identity" },
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  {
    name: "gzip",
    headers: { "Content-Encoding": "GZIP" },
    body: new Uint8Array(gzipSync(EVENT)),
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  {
    name: "gzip that is none",
    headers: { "Content-Encoding": "gzip" },
    status: 400,
    text: '{"text":"Invalid data format","code":6}',
  },
  {
    name: "gzip that breaks off",
    headers: { "Content-Encoding": "gzip" },
    body: new Uint8Array(gzipSync(EVENT)).slice(0, 20),
    status: 400,
    text: '{"text":"Invalid data format","code":6}',
  },
  {
    name: "a gzip bomb",
    headers: { "Content-Encoding": "gzip" },
    body: new Uint8Array(gzipSync(new Uint8Array(2_000_000))),
    options: { limits: { maxInflatedBytes: 1_000_000 } },
    status: 413,
    text: undefined,
  },
  {
    name: "a body over max_content_length",
    options: { limits: { maxContentBytes: EVENT.length - 1 } },
    status: 413,
    text: undefined,
  },
  {
    name: "a body as long as max_content_length",
    options: { limits: { maxContentBytes: EVENT.length } },
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  {
    name: "a chunked body over max_content_length",
    body: new Blob([EVENT]).stream(),
    options: { limits: { maxContentBytes: EVENT.length - 1 } },
    status: 413,
    text: undefined,
  },
  ...([["received", 200], ["inflated", 413]] as const).map(([bodyLimitCounts, status]) => ({
    name: `gzip over max_content_length that counts ${bodyLimitCounts} bytes`,
    headers: { "Content-Encoding": "gzip" },
    body: new Uint8Array(gzipSync(EVENT.repeat(100))),
    options: { switches: { bodyLimitCounts }, limits: { maxContentBytes: 500 } },
    status,
    text: status === 200 ? '{"text":"Success","code":0}' : undefined,
  })),
  {
    name: "an ack token without a channel",
    token: "ack",
    status: 400,
    text: '{"text":"Data channel is missing","code":10}',
  },
  {
    name: "an ack token without a channel on Cloud",
    token: "ack",
    options: { profile: "cloud-10.5" },
    status: 400,
    text: '{"text":"Data channel is missing. If you have multiple indexers, sticky session load ' +
      'balancers must be provisioned and client requests must be routed accordingly.","code":28}',
  },
  {
    name: "an ack token with a channel that is no GUID",
    token: "ack",
    channel: "mine",
    status: 400,
    text: '{"text":"Invalid data channel","code":11}',
  },
  {
    name: "an ack token with any channel, switched on",
    token: "ack",
    channel: "mine",
    options: { switches: { channels: "any" } },
    status: 200,
    text: '{"text":"Success","code":0,"ackId":0}',
  },
  {
    name: "a channel in the query",
    token: "ack",
    path: `/event?channel=${CHANNEL}`,
    status: 200,
    text: '{"text":"Success","code":0,"ackId":0}',
  },
  {
    name: "any channel with a token without acks",
    channel: "mine",
    status: 200,
    text: '{"text":"Success","code":0}',
  },
  {
    name: "/raw without a channel, switched to need one",
    path: "/raw",
    options: { switches: { rawNeedsChannel: true } },
    status: 400,
    text: '{"text":"Data channel is missing","code":10}',
  },
];

for (const { name, body = EVENT, options = {}, status, text, ...request } of cases) {
  Deno.test(`HecEmulator answers ${name} with ${status} ${text ?? "and a page"}`, async () => {
    const tokens = [{ token: "good" }, { token: "ack", useAck: true }];
    await using hec = HecEmulator.start({ tokens, ...options });
    const answer = await post(hec, body, request);
    assert.equal(answer.status, status);
    if (text === undefined) assert.match(answer.text, /^<!doctype html>/);
    else assert.equal(answer.text, text);
    assert.equal(hec.events.length > 0, status === 200);
  });
}
