import assert from "node:assert/strict";
import { AckMode, type AckSetting } from "../../../src/hec/ack/ack_mode.ts";

type Step =
  /** An accepted request, with an id or without. */
  | { readonly id: Id; readonly is: "final" | "wait" | "missing" }
  /** A refusal with the code, of which the events before the refused one are decided about. */
  | {
    readonly id: Id;
    readonly code: number;
    readonly is: "final" | "wait" | "unproven";
  };

type Id = number | undefined | "unreadable";

const none = undefined;

const cases: [sentence: string, setting: AckSetting, steps: Step[], mayWait: boolean][] = [
  ["off: ids mean nothing", "off", [
    { id: 0, is: "final" },
    { id: none, is: "final" },
    { id: 1, code: 6, is: "final" },
    { id: none, code: 13, is: "final" },
  ], false],
  ["on: without an id nothing is proved", "on", [
    { id: 0, is: "wait" },
    { id: none, is: "missing" },
    { id: 1, code: 6, is: "wait" },
    { id: none, code: 6, is: "unproven" },
  ], true],
  ["auto: the first id teaches that ids are due", "auto", [
    { id: 0, is: "wait" },
    { id: none, is: "missing" },
    { id: none, code: 6, is: "unproven" },
  ], true],
  ["auto: the first answer without an id teaches that none are due", "auto", [
    { id: none, is: "final" },
    { id: none, is: "final" },
    { id: none, code: 13, is: "final" },
  ], false],
  ["auto: an id that cannot be read teaches that ids are due", "auto", [
    { id: "unreadable", is: "missing" },
    { id: none, is: "missing" },
    { id: "unreadable", code: 13, is: "unproven" },
  ], true],
  ["auto: an unreadable id with a refusal proves nothing", "auto", [
    { id: "unreadable", code: 13, is: "unproven" },
    { id: none, is: "missing" },
  ], true],
  ["on: an id that cannot be read proves nothing", "on", [
    { id: "unreadable", is: "missing" },
  ], true],
  ["auto: an id that comes later is waited for, and from then on due", "auto", [
    { id: none, is: "final" },
    { id: 0, is: "wait" },
    { id: none, is: "missing" },
  ], true],
  ["auto: code 6 without an id teaches that none are due, as Splunk gives one with it", "auto", [
    { id: none, code: 6, is: "final" },
    { id: none, code: 13, is: "final" },
  ], false],
  ["auto: other refusals without an id teach nothing", "auto", [
    { id: none, code: 13, is: "unproven" },
    { id: none, code: 7, is: "unproven" },
    { id: none, is: "final" },
  ], false],
  ["auto: an id with a refusal teaches that ids are due", "auto", [
    { id: 3, code: 13, is: "wait" },
    { id: none, is: "missing" },
  ], true],
];
for (const [sentence, setting, steps, mayWait] of cases) {
  Deno.test(`AckMode ${sentence}`, () => {
    const mode = new AckMode(setting);
    assert.equal(mode.mayWait, setting !== "off");
    for (const step of steps) {
      const { id } = step;
      const answer = id === "unreadable"
        ? { ackId: undefined, ackIdUnreadable: true as const }
        : { ackId: id };
      const decision = "code" in step
        ? mode.decidePart({ ...answer, code: step.code })
        : mode.decide({ ...answer, code: 0 });
      assert.equal(decision, step.is);
    }
    assert.equal(mode.mayWait, mayWait);
  });
}
