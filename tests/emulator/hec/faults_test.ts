import assert from "node:assert/strict";
import type { Fault } from "../../../src/emulator/hec/fault.ts";
import * as faults from "../../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { until } from "../../support/fake_clock.ts";
import { post } from "./hec_client.ts";

const BODY = '{"event":"a"}{"event":"b"}{"event":"c"}';
const SUCCESS = '{"text":"Success","code":0}';
const page = /^<!doctype html>/;

interface Case {
  readonly fault: Fault;
  /** Undefined when the client gets no answer, or a truncated one. */
  readonly status?: number;
  readonly text?: string | RegExp;
  readonly headers?: Record<string, string>;
  /** What is stored at the end. */
  readonly stored: string;
}

const cases: Case[] = [
  { fault: faults.busy(), status: 503, text: '{"text":"Server is busy","code":9}', stored: "" },
  {
    fault: faults.busyAfter(2),
    status: 503,
    text: '{"text":"Server is busy","code":9,"invalid-event-number":2}',
    stored: "ab",
  },
  {
    fault: faults.busyAfter(1, 2),
    status: 503,
    text: '{"text":"Server is busy","code":9,"invalid-event-number":2}',
    stored: "a",
  },
  { fault: faults.queueFull(), status: 429, text: /"code":26}$/, stored: "" },
  { fault: faults.ackChannelFull(), status: 429, text: /"code":27}$/, stored: "" },
  {
    fault: faults.warn(24),
    status: 200,
    text: '{"text":"HEC queue is approaching its capacity limit","code":24}',
    stored: "abc",
  },
  {
    fault: faults.warn(25),
    status: 200,
    text: '{"text":"HEC ACK is approaching its capacity limit","code":25}',
    stored: "abc",
  },
  {
    fault: faults.shuttingDown(),
    status: 503,
    text: '{"text":"Server is shutting down","code":23}',
    headers: { "connection": "close" },
    stored: "",
  },
  { fault: faults.notFound(), status: 404, text: /"code":404}$/, stored: "" },
  {
    fault: faults.invalidToken(),
    status: 403,
    text: '{"text":"Invalid token","code":4}',
    stored: "",
  },
  { fault: faults.tokenDisabled(), status: 403, text: /"code":1}$/, stored: "" },
  { fault: faults.tokenRequired(), status: 401, text: /"code":2}$/, stored: "" },
  { fault: faults.internalError(), status: 500, text: /"code":8}$/, stored: "" },
  {
    fault: faults.code(6, { invalidEventNumber: 99 }),
    status: 400,
    text: '{"text":"Invalid data format","code":6,"invalid-event-number":99}',
    stored: "",
  },
  ...[200, 408, 413, 415, 502, 503, 504].map((status) => ({
    fault: faults.html(status),
    status,
    text: page,
    stored: "",
  })),
  { fault: faults.empty(200), status: 200, text: "", stored: "" },
  {
    fault: faults.retryAfter(429, "3"),
    status: 429,
    text: page,
    headers: { "retry-after": "3" },
    stored: "",
  },
  {
    fault: faults.retryAfter(503, "Fri, 31 Dec 2027 23:59:59 GMT"),
    status: 503,
    text: page,
    headers: { "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" },
    stored: "",
  },
  {
    fault: faults.redirect(),
    status: 303,
    text: page,
    headers: { "location": "/en-US/account/login" },
    stored: "",
  },
  { fault: faults.redirect(307, "https://b/"), status: 307, text: page, stored: "" },
  {
    fault: faults.unknownCode(200, 99),
    status: 200,
    text: '{"text":"Something new","code":99}',
    stored: "",
  },
  { fault: faults.unknownCode(400, 99), status: 400, text: /"code":99}$/, stored: "" },
  {
    fault: faults.unknownCode(200, 99, { stored: true }),
    status: 200,
    text: /"code":99}$/,
    stored: "abc",
  },
  { fault: faults.truncatedJson(), status: 200, text: '{"text":"Succ', stored: "" },
  { fault: faults.hugeBody(300_000), status: 200, text: /^ {300000}$/, stored: "" },
  { fault: faults.cutBeforeBody(), stored: "" },
  { fault: faults.close(), stored: "" },
  { fault: faults.storeThenClose(), stored: "abc" },
  { fault: faults.storeThenHtml(504), status: 504, text: page, stored: "abc" },
  { fault: faults.cutAnswer(5), stored: "abc" },
  { fault: faults.wrongLength(7), stored: "abc" },
  { fault: faults.wrongLength(-3), status: 200, text: SUCCESS.slice(0, -3), stored: "abc" },
  { fault: faults.drip(10, 0), status: 200, text: SUCCESS, stored: "abc" },
  {
    fault: faults.closeAfterAnswer(),
    status: 200,
    text: SUCCESS,
    headers: { "connection": "close" },
    stored: "abc",
  },
  {
    fault: faults.setCookie("AWSALB=changed; Path=/"),
    status: 200,
    text: SUCCESS,
    headers: { "set-cookie": "AWSALB=changed; Path=/" },
    stored: "abc",
  },
];

for (const { fault, status, text = "", headers = {}, stored } of cases) {
  Deno.test(`faults: "${fault.name}" answers ${status ?? "nothing whole"}, stores "${stored}"`, async () => {
    await using hec = HecEmulator.start();
    hec.inject(fault);
    assert.equal(hec.faultsQueued, 1);
    const body = new Blob([BODY]).stream(); // fetch never resends a stream
    if (status === undefined) {
      await assert.rejects(post(hec, body), TypeError);
    } else {
      const answer = await post(hec, body);
      assert.equal(answer.status, status);
      if (typeof text === "string") assert.equal(answer.text, text);
      else assert.match(answer.text, text);
      for (const [name, value] of Object.entries(headers)) {
        assert.equal(answer.headers.get(name), value);
      }
    }
    assert.equal(hec.events.map(({ text }) => text).join(""), stored);
    assert.equal(hec.faultsQueued, 0);
    assert.equal(hec.requests[0]?.fault, fault.name);
    const after = await post(hec, '{"event":"after"}');
    assert.equal(after.text, SUCCESS);
  });
}

for (const [fault, stored] of [[faults.hang(), 0], [faults.storeThenHang(), 3]] as const) {
  Deno.test(`faults: "${fault.name}" never answers, and stores ${stored}`, async () => {
    await using hec = HecEmulator.start();
    hec.inject(fault);
    const patience = new AbortController();
    const failed = assert.rejects(post(hec, BODY, { signal: patience.signal }), /given up/);
    await until(() => hec.requests.length > 0);
    patience.abort(new Error("given up"));
    await failed;
    assert.equal(hec.events.length, stored);
  });
}
