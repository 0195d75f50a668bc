import assert from "node:assert/strict";
import fc from "fast-check";
import { describeAnswer, readHecAnswer } from "../../src/hec/hec_answer.ts";

const NOW_MS = Date.UTC(2026, 9, 6, 8, 30, 0);
const utf8 = new TextEncoder();

function read(body: string | Uint8Array, status = 400) {
  const bytes = typeof body === "string" ? utf8.encode(body) : body;
  return readHecAnswer({ status, body: bytes, retryAfter: null }, NOW_MS);
}

Deno.test("readHecAnswer reads Splunk's own answers", () => {
  assert.deepEqual(read('{"text":"Success","code":0,"ackId":7}', 200), {
    status: 200,
    code: 0,
    text: "Success",
    invalidEventNumber: undefined,
    ackId: 7,
    retryAfterMs: undefined,
  });
  const refused = read(
    '{"text":"Invalid data format","code":6,"invalid-event-number":3,"ackId":0}',
  );
  assert.deepEqual([refused.code, refused.invalidEventNumber, refused.ackId], [6, 3, 0]);
});

const noAnswers: [sentence: string, body: string | Uint8Array, text: string][] = [
  ["an empty body", "", "an empty body"],
  ["HTML", "\n <!DOCTYPE html><html>", "an HTML page, which is not HEC's answer"],
  ["truncated JSON", '{"text":"Succ', "13 bytes that are not HEC's answer"],
  ["an array", '[{"code":0}]', "12 bytes that are not HEC's answer"],
  ["a number", "0", "1 bytes that are not HEC's answer"],
  ["null", "null", "4 bytes that are not HEC's answer"],
  ["JSON with something after it", '{"code":0}x', "11 bytes that are not HEC's answer"],
  [
    "bytes that are not UTF-8",
    Uint8Array.of(0x7b, 0xff, 0x7d),
    "3 bytes that are not HEC's answer",
  ],
  ["JSON without a code", '{"text":"tok-5ecret"}', "a JSON object without HEC's code"],
  ["a code as text", '{"text":"Success","code":"0"}', "a JSON object without HEC's code"],
  ["a negative code", '{"code":-1}', "a JSON object without HEC's code"],
  ["a broken code", '{"code":0.5}', "a JSON object without HEC's code"],
  ["no code", '{"code":null}', "a JSON object without HEC's code"],
];
for (const [sentence, body, text] of noAnswers) {
  Deno.test(`readHecAnswer finds no code in ${sentence}, and does not repeat it`, () => {
    const answer = read(body, 200);
    assert.equal(answer.code, undefined);
    assert.equal(answer.text, text);
    assert.equal(describeAnswer(answer), `found HTTP 200 with ${text}, expected HEC's answer`);
  });
}

const numbers: [json: string, expected: number | undefined][] = [
  ["0", 0],
  ["5", 5],
  ["-1", undefined],
  ["1.5", undefined],
  ['"1"', undefined],
  ["9007199254740993", undefined],
  ["true", undefined],
  ["null", undefined],
  ["[1]", undefined],
];
for (const [json, expected] of numbers) {
  Deno.test(`readHecAnswer reads the event number ${json} as ${expected}`, () => {
    const answer = read(`{"text":"x","code":6,"invalid-event-number":${json}}`);
    assert.equal(answer.invalidEventNumber, expected);
  });
}

const ackIds: [members: string, expected: number | undefined][] = [
  ['"ackId":3', 3],
  ['"ackID":4', 4],
  ['"ackId":"5"', 5],
  ['"ackId":9007199254740991', 9007199254740991],
  ['"ackId":"9007199254740991"', 9007199254740991],
  ['"ackId":"9007199254740993"', undefined],
  ['"ackId":"x"', undefined],
  ['"ackId":-1', undefined],
  ['"ackId":""', undefined],
  ['"ackId":null,"ackID":6', 6],
];
const unreadable: [members: string, expected: true | undefined][] = [
  ['"ackId":"x"', true],
  ['"ackId":-1', true],
  ['"ackId":1.5', true],
  ['"ackId":1e300', true],
  ['"ackId":9007199254740992', true],
  ['"ackId":"9007199254740992"', true],
  ['"ackId":18446744073709551615', true],
  ['"ackId":"18446744073709551615"', true],
  ['"ackId":[0]', true],
  ['"ackID":true', true],
  ['"ackId":""', undefined],
  ['"ackId":null', undefined],
  ['"ackId":0', undefined],
  ['"other":0', undefined],
];
for (const [members, expected] of unreadable) {
  Deno.test(`readHecAnswer finds ${expected ? "an" : "no"} id that cannot be asked for in ${members}`, () => {
    const { ackIdUnreadable } = read(`{"text":"Success","code":0,${members}}`);
    assert.equal(ackIdUnreadable, expected);
  });
}

for (const [members, expected] of ackIds) {
  Deno.test(`readHecAnswer reads ${members} as id ${expected}`, () => {
    assert.equal(read(`{"text":"Success","code":0,${members}}`).ackId, expected);
  });
}

Deno.test("readHecAnswer reads Retry-After", () => {
  const raw = { status: 503, body: new Uint8Array(0), retryAfter: "7" };
  assert.equal(readHecAnswer(raw, NOW_MS).retryAfterMs, 7000);
});

Deno.test("readHecAnswer cuts a long text", () => {
  const { text } = read(JSON.stringify({ text: "x".repeat(5000), code: 6 }));
  assert.equal(text, `${"x".repeat(200)}…`);
});

Deno.test("readHecAnswer never throws, whatever comes", () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => utf8.encode(text)),
    fc.record({
      text: fc.anything(),
      code: fc.anything(),
      "invalid-event-number": fc.anything(),
      ackId: fc.anything(),
    }).map((value) => {
      try {
        return utf8.encode(JSON.stringify(value));
      } catch {
        return new Uint8Array(0); // a BigInt has no JSON
      }
    }),
  );
  fc.assert(fc.property(body, fc.option(fc.string()), (bytes, header) => {
    const { code, invalidEventNumber, ackId, retryAfterMs } = readHecAnswer({
      status: 200,
      body: bytes,
      retryAfter: header,
    }, 0);
    for (const number of [code, invalidEventNumber, ackId, retryAfterMs]) {
      assert.ok(number === undefined || Number.isSafeInteger(number) && number >= 0);
    }
  }));
});
