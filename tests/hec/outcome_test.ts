import assert from "node:assert/strict";
import fc from "fast-check";
import { HEC_CODES, hecAnswer } from "../../src/emulator/core/hec/hec_answers.ts";
import { readHecAnswer } from "../../src/hec/hec_answer.ts";
import { type Outcome, sortAnswer } from "../../src/hec/outcome.ts";

const utf8 = new TextEncoder();

interface Sent {
  readonly count?: number;
  readonly acks?: boolean;
  readonly retryAfter?: string;
}

function sort(status: number, body: string, { count = 3, acks = false, retryAfter }: Sent = {}) {
  return sortAnswer(
    readHecAnswer({ status, body: utf8.encode(body), retryAfter: retryAfter ?? null }, 0),
    count,
    acks,
  );
}

function ofCode(code: number, details: Parameters<typeof hecAnswer>[1] = {}, sent: Sent = {}) {
  const { status, body } = hecAnswer(code, details);
  return sort(status, String(body), sent);
}

const HTML = "<!doctype html><html><body>sign in</body></html>";
const ACCEPTED: Outcome = { kind: "accepted", ackId: undefined, slowDown: false, pollAcks: false };
const RETRY: Outcome = {
  kind: "retry",
  from: 0,
  afterMs: undefined,
  slowDown: false,
  freshConnection: true,
};
const HOLD: Outcome = { kind: "hold", elsewhere: true };
const HOLD_HERE: Outcome = { kind: "hold", elsewhere: false };
const FIVE_TRIES: Outcome = { ...RETRY, retriesBeforeHold: 5 };
const SPLIT: Outcome = { kind: "split", tooLarge: false };
const BUSY: Outcome = { ...RETRY, slowDown: true };

/** Each code at its own status, without a number, for a request of three events. */
const codes: [code: number, outcome: Outcome][] = [
  [0, ACCEPTED],
  [1, FIVE_TRIES],
  [2, HOLD],
  [3, HOLD],
  [4, FIVE_TRIES],
  [5, SPLIT],
  [6, SPLIT],
  [7, SPLIT],
  [8, RETRY],
  [9, BUSY],
  [10, HOLD],
  [11, { ...FIVE_TRIES, retriesBeforeHold: 1 }],
  [12, SPLIT],
  [13, SPLIT],
  [14, HOLD],
  [15, SPLIT],
  [16, HOLD],
  [17, HOLD_HERE],
  [18, BUSY],
  [19, BUSY],
  [20, BUSY],
  [21, FIVE_TRIES],
  [22, FIVE_TRIES],
  [23, BUSY],
  [24, { ...ACCEPTED, slowDown: true }],
  [25, { ...ACCEPTED, pollAcks: true }],
  [26, BUSY],
  [27, BUSY],
  [28, HOLD],
];
for (const [code, outcome] of codes) {
  const { text, status } = HEC_CODES[code]!;
  Deno.test(`sortAnswer takes ${status} code ${code} "${text.slice(0, 40)}" for ${outcome.kind}`, () => {
    assert.deepEqual(ofCode(code), outcome);
  });
}

Deno.test("sortAnswer knows every published code", () => {
  assert.deepEqual(codes.map(([code]) => code), Object.keys(HEC_CODES).map(Number));
});

const answers: [sentence: string, status: number, body: string, outcome: Outcome][] = [
  ["an unknown code on 200", 200, '{"text":"New","code":29}', HOLD_HERE],
  ["a code of another status on 200", 200, '{"text":"Server is busy","code":9}', HOLD_HERE],
  ["an unknown code on 400", 400, '{"text":"New","code":29}', HOLD],
  ["an unknown code on 403", 403, '{"text":"New","code":29}', HOLD],
  ["an unknown code on 429", 429, '{"text":"New","code":29}', BUSY],
  ["an unknown code on 500", 500, '{"text":"New","code":29}', RETRY],
  ["200 with HTML", 200, HTML, HOLD_HERE],
  ["200 with an empty body", 200, "", HOLD_HERE],
  ["200 with truncated JSON", 200, '{"text":"Success","code":', HOLD_HERE],
  ["200 with JSON that is not HEC's", 200, '{"ok":true}', HOLD_HERE],
  ["200 with the code as text", 200, '{"text":"Success","code":"0"}', HOLD_HERE],
  ["200 with an array", 200, '[{"text":"Success","code":0}]', HOLD_HERE],
  ["201 with code 0", 201, '{"text":"Success","code":0}', ACCEPTED],
  ["204 without a body", 204, "", HOLD_HERE],
  ["301", 301, HTML, HOLD],
  ["302", 302, HTML, HOLD],
  ["303 to Splunk Web", 303, HTML, HOLD],
  ["307 with code 0", 307, '{"text":"Success","code":0}', HOLD],
  ["400 with HTML", 400, HTML, { ...RETRY, freshConnection: false, retriesBeforeHold: 1 }],
  ["400 with an empty body", 400, "", { ...RETRY, freshConnection: false, retriesBeforeHold: 1 }],
  ["400 with code 0", 400, '{"text":"Success","code":0}', HOLD],
  ["401 with HTML", 401, HTML, HOLD],
  ["401 with code 4", 401, '{"text":"Invalid token","code":4}', FIVE_TRIES],
  ["403 with HTML", 403, HTML, HOLD],
  ["404 of Splunk", 404, '{"text":"The requested URL was not found","code":404}', FIVE_TRIES],
  ["404 with HTML", 404, HTML, FIVE_TRIES],
  ["405", 405, '{"text":"The requested URL was not found","code":404}', HOLD],
  ["407 of a proxy", 407, HTML, HOLD],
  ["408", 408, HTML, RETRY],
  ["413 with HTML", 413, HTML, { kind: "split", tooLarge: true }],
  ["413 with an empty body", 413, "", { kind: "split", tooLarge: true }],
  ["415", 415, HTML, HOLD],
  ["429 with HTML", 429, HTML, BUSY],
  ["500 with HTML", 500, HTML, RETRY],
  ["502", 502, HTML, RETRY],
  ["503 with HTML", 503, HTML, BUSY],
  ["504", 504, HTML, RETRY],
];
for (const [sentence, status, body, outcome] of answers) {
  Deno.test(`sortAnswer takes ${sentence} for ${outcome.kind}`, () => {
    assert.deepEqual(sort(status, body), outcome);
  });
}

for (const code of [6, 12, 13, 15]) {
  for (const index of [0, 1, 2]) {
    Deno.test(`sortAnswer takes code ${code} with number ${index} for that event refused`, () => {
      assert.deepEqual(ofCode(code, { invalidEventNumber: index, ackId: 9 }), {
        kind: "refused",
        index,
        ackId: 9,
      });
    });
  }
  for (const number of ["3", "4", "-1", "1.5", '"1"', "null", "9007199254740993"]) {
    Deno.test(`sortAnswer splits on code ${code} with number ${number} of three events`, () => {
      const body = `{"text":"x","code":${code},"invalid-event-number":${number},"ackId":1}`;
      assert.deepEqual(sort(400, body), SPLIT);
    });
  }
}

const indexNumbers: [number: string | undefined, count: number, outcome: Outcome][] = [
  ["1", 1, { kind: "index_refused", index: 0, ackId: undefined }],
  ["1", 3, { kind: "index_refused", index: 0, ackId: undefined }],
  ["2", 3, { kind: "index_refused", index: 1, ackId: undefined }],
  ["3", 3, { kind: "index_refused", index: 2, ackId: undefined }],
  ["4", 3, SPLIT],
  ["0", 3, SPLIT],
  ["-1", 3, SPLIT],
  ['"2"', 3, SPLIT],
  [undefined, 3, SPLIT],
  ["0", 1, { kind: "index_refused", index: 0, ackId: undefined }],
  [undefined, 1, { kind: "index_refused", index: 0, ackId: undefined }],
];
for (const [number, count, outcome] of indexNumbers) {
  Deno.test(`sortAnswer takes code 7 with number ${number} of ${count} for the event before it`, () => {
    const member = number === undefined ? "" : `,"invalid-event-number":${number}`;
    const body = `{"text":"Incorrect index","code":7${member}}`;
    assert.deepEqual(sort(400, body, { count }), outcome);
  });
}

const busyNumbers: [number: number | undefined, acks: boolean, from: number][] = [
  [undefined, false, 0],
  [0, false, 0],
  [1, false, 0],
  [2, false, 1],
  [3, false, 2],
  [4, false, 0],
  [2, true, 0],
  [3, true, 0],
];
for (const [invalidEventNumber, acks, from] of busyNumbers) {
  Deno.test(`sortAnswer sends again from ${from} on busy at ${invalidEventNumber}, acks ${acks}`, () => {
    assert.deepEqual(ofCode(9, { invalidEventNumber }, { acks }), { ...BUSY, from });
  });
}

Deno.test("sortAnswer follows Retry-After wherever it tries again", () => {
  for (const status of [404, 408, 429, 500, 502, 503, 504]) {
    const outcome = sort(status, HTML, { retryAfter: "7" });
    assert.equal(outcome.kind === "retry" && outcome.afterMs, 7000, `${status}`);
  }
});

Deno.test("sortAnswer takes for accepted only a 2xx with code 0, 24 or 25, and no event beyond the request", () => {
  const code = fc.oneof(fc.integer({ min: -1, max: 40 }), fc.constantFrom(0, 6, 7, 9, 24, 25));
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      fc.option(code, { nil: undefined }),
      fc.option(fc.integer({ min: -2, max: 12 }), { nil: undefined }),
      fc.integer({ min: 1, max: 10 }),
      fc.boolean(),
      (status, number, event, count, acks) => {
        const body = { text: "x", code: number, "invalid-event-number": event };
        const outcome = sort(status, JSON.stringify(body), { count, acks });
        if (outcome.kind === "accepted") {
          assert.ok(status >= 200 && status < 300 && [0, 24, 25].includes(number!));
        }
        if (outcome.kind === "retry") assert.ok(outcome.from >= 0 && outcome.from < count);
        if (outcome.kind === "refused" || outcome.kind === "index_refused") {
          assert.ok(outcome.index >= 0 && outcome.index < count);
        }
      },
    ),
    { numRuns: 3000 },
  );
});
