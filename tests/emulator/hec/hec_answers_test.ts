import assert from "node:assert/strict";
import * as faults from "../../../src/emulator/hec/faults.ts";
import { hecAnswer } from "../../../src/emulator/core/hec/hec_answers.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { post } from "./hec_client.ts";

/** The published table, by status. */
const codesByStatus: Record<number, number[]> = {
  200: [0, 17, 24, 25],
  400: [5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 21, 22, 28],
  401: [2, 3],
  403: [1, 4],
  429: [26, 27],
  500: [8],
  503: [9, 18, 19, 20, 23],
};

Deno.test("HecEmulator can be made to answer every published code at its status", async () => {
  await using hec = HecEmulator.start();
  const answered: number[] = [];
  for (const [status, codes] of Object.entries(codesByStatus)) {
    for (const code of codes) {
      hec.inject(faults.code(code));
      const answer = await post(hec, '{"event":"x"}');
      assert.equal(answer.status, Number(status));
      const { text, ...rest } = answer.json as { text: string };
      assert.match(text, /^[A-Z]/);
      assert.deepEqual(rest, { code });
      answered.push(code);
    }
  }
  assert.deepEqual(answered.sort((a, b) => a - b), Array.from({ length: 29 }, (_, code) => code));
  assert.equal(hec.events.length, 0);
});

Deno.test("hecAnswer writes its keys in Splunk's order", () => {
  const { body } = hecAnswer(6, { ackId: 0, invalidEventNumber: 1 });
  assert.equal(body, '{"text":"Invalid data format","code":6,"invalid-event-number":1,"ackId":0}');
});

Deno.test("hecAnswer refuses a code that is not published", () => {
  assert.throws(() => hecAnswer(29), RangeError);
});
