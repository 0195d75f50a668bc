import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";

/** What becomes of a value: the value that is used, or what is said when the answer is refused. */
export type Outcome = { readonly used: unknown } | { readonly refused: RegExp };
export type Case = readonly [value: unknown, outcome: Outcome];

export const used = (value: unknown): Outcome => ({ used: value });
export const refused = (message: RegExp): Outcome => ({ refused: message });

export const text = (length: number) => "a".repeat(length);
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Printable, but for what no cursor has. */
export const MARKED = "\u202eMTIz\u0007";
export const CURSOR = "MTc1OTczOTQwMDAwMDAwMDAwMA==";

/** A value that a peer sends: its name, how it is read, then values within, at and beyond its bound. */
export type PeerValue = readonly [
  name: string,
  read: (value: unknown) => unknown,
  cases: readonly Case[],
];

/** Makes a test of each: it feeds each value, and asserts what becomes of it. */
export function testValues(values: readonly PeerValue[]): void {
  for (const [name, read, cases] of values) {
    Deno.test(`values from peers: ${name}`, async (t) => {
      for (const [value, outcome] of cases) {
        const shown = JSON.stringify(value)?.slice(0, 40) ?? "nothing";
        await t.step("used" in outcome ? `${shown} is used` : `${shown} is refused`, async () => {
          if ("used" in outcome) {
            assert.deepEqual(await read(value), outcome.used);
            return;
          }
          const error = await Promise.resolve().then(() => read(value)).then(
            (result) => assert.fail(`it was used: ${JSON.stringify(result)}`),
            (error) => error,
          );
          assert.match(error.message, outcome.refused);
          assert.ok(error.message.length < 600, "the message is as short as its form");
          if (typeof value === "string" && value.length > 100) {
            assert.ok(!error.message.includes(value.slice(0, 100)), "the value is not repeated");
          }
          if (error instanceof SlsError && error.status === 200) assert.ok(error.isHeld);
        });
      }
    });
  }
}
