import assert from "node:assert/strict";
import {
  group,
  listItem,
  optional,
  overridesOf,
  withDefault,
} from "../../src/config/schema/declare.ts";
import { inCode, type OptionsOf, overlaid, validSubset } from "../../src/config/schema/names.ts";
import { slsOptions } from "../../src/config/schema/sls.ts";
import { byteSize, duration } from "../../src/config/types/quantities.ts";
import { flag, wholeNumber } from "../../src/config/types/scalars.ts";
import { startPosition } from "../../src/config/types/times.ts";

const help = { help: "" };
const shape = {
  max_wait: withDefault(duration({ min: "1s" }), "2s", help),
  max_bytes: optional(byteSize({ min: "1B", max: "1GB" }), help),
  start_at: withDefault(startPosition(), "begin", help),
  inner_group: group("", {
    is_on: withDefault(flag(), "true", help),
    in_a_row: withDefault(wholeNumber({ min: 1, max: 9 }), "3", help),
  }),
};
const outer = group("", shape);

/** As the declaration says: the compiler checks the names. */
const parsed: OptionsOf<typeof outer> = inCode(outer, outer.parse({ max_wait: "3s" }));

Deno.test("inCode() names options in camel case with the unit of their values, those without a value too", () => {
  assert.deepEqual(parsed, {
    maxWaitMs: 3_000,
    maxBytes: undefined,
    startAt: "begin",
    innerGroup: { isOn: true, inARow: 3 },
  });
});

Deno.test("validSubset() leaves out what is invalid, and keeps the options around it", () => {
  const tree = {
    max_wait: "soon",
    max_bytes: "1KB",
    inner_group: { is_on: "maybe", in_a_row: "2" },
  };
  assert.deepEqual(validSubset(outer, tree), {
    maxWaitMs: undefined,
    maxBytes: 1_000,
    startAt: "begin",
    innerGroup: { isOn: undefined, inARow: 2 },
  });
  assert.equal(validSubset(outer, ["a list"]), undefined);
});

const overrides = listItem(overridesOf("outer", shape));
const own = (given: unknown) => inCode(overrides, overrides.parse(given));

const overlays: [sentence: string, given: unknown, changed: object][] = [
  ["nothing", {}, {}],
  ["an option", { max_bytes: "2B" }, { maxBytes: 2 }],
  ["a value that is a mapping, whole", { start_at: "1970-01-01T00:00:09Z" }, {
    startAt: { unixSec: 9 },
  }],
  ["an option of a group within", { inner_group: { in_a_row: "5" } }, {
    innerGroup: { isOn: true, inARow: 5 },
  }],
];
for (const [sentence, given, changed] of overlays) {
  Deno.test(`overlaid() puts ${sentence} over a group's options`, () => {
    assert.deepEqual(overlaid(outer, parsed, own(given)), { ...parsed, ...changed });
  });
}

Deno.test("overlaid() without anything of its own gives the shared options", () => {
  assert.equal(overlaid(outer, parsed, undefined), parsed);
});

Deno.test("overridesOf() requires nothing and has no default, of the options of SLS too", () => {
  const again = listItem(overridesOf("sls", slsOptions.unwrap().shape));
  assert.deepEqual(again.parse({}), {});
  const { credentials, timeout } = again.parse({ timeout: "5s", credentials: { file: "f" } });
  assert.deepEqual([credentials?.file, timeout], ["f", 5_000]);
});
