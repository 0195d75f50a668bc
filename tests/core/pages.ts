import type { EventMapping } from "../../src/core/event_format.ts";
import type { EventText, EventTextPart, EventValues } from "../../src/core/event_values.ts";
import fc from "fast-check";
import type { ShortMapping } from "./short_mapping.ts";
import { bytes, fixed32, join, number, tag } from "./page_writer.ts";

/** Random pages for property tests: few keys, so that they repeat, and every kind of odd field. */

export const TOPIC = "actiontrail_audit_event";

const KEYS = [
  ...["a", "b", "level", "msg", "event", 'a"b', "tab\there", "åäö", "\ufffd", "", "__proto__"],
  ...["__topic__", "__source__", "__tag__:x", "__tag__:", "__tag_", "__time__", "\ufeffbom", "_"],
  ..."cdefghijklmnopqrstuvwxyz",
];
const BROKEN = [[0xff], [0xfe], [0xe2, 0x82], [0x61, 0xc3], [0xf0, 0x90], [0xed, 0xa0, 0x80]];
const JSON_TEXTS = [
  '{"b":9007199254740993,"a":[1,{}]}',
  "[1,2",
  '"x"',
  "1e400",
  " null ",
  "{}",
  "",
];

const utf8 = new TextEncoder();

export const key: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...KEYS).map((text) => utf8.encode(text)) },
  { weight: 2, arbitrary: fc.constantFrom(...BROKEN).map((list) => new Uint8Array(list)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
);

export const value: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => utf8.encode(text)),
  fc.constantFrom(...JSON_TEXTS).map((text) => utf8.encode(text)),
  fc.json({ maxDepth: 3 }).map((text) => utf8.encode(text)),
  fc.uint8Array({ maxLength: 24 }),
);

/** Fields that mean nothing: unknown numbers, known numbers with another wire type. */
const oddField = (known: readonly number[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.tuple(
      fc.constantFrom(7, 15, 16, 2047, 2 ** 29 - 1),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    )
      .map(([field, n]) => number(field, n)),
    fc.tuple(fc.constantFrom(9, 100), fc.uint8Array({ maxLength: 9 }))
      .map(([field, content]) => bytes(field, content)),
    fc.tuple(fc.constantFrom(...known, 12), fc.uint8Array({ minLength: 8, maxLength: 8 }))
      .map(([field, eight]) => join(tag(field, 1), eight)),
    fc.tuple(fc.constantFrom(...known), fc.nat()).map(([field, n]) => fixed32(field, n)),
  );

const pad = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(1, 3));

function message(parts: fc.Arbitrary<Uint8Array>, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.array(parts, { maxLength }).map((list) => join(...list));
}

const mostly = (usual: fc.Arbitrary<Uint8Array>, odd: fc.Arbitrary<Uint8Array>) =>
  fc.oneof({ weight: 14, arbitrary: usual }, { weight: 1, arbitrary: odd });

const pairOf = (odd: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(key, value, pad)
        .map(([k, v, padding]) => join(bytes(1, k, padding), bytes(2, v))),
    },
    message(fc.oneof(key.map((k) => bytes(1, k)), value.map((v) => bytes(2, v)), odd), 4),
  );

const content = fc.tuple(pairOf(oddField([1, 2])), pad).map(([p, padding]) => bytes(2, p, padding));
const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seconds) => number(1, seconds)),
  fc.constantFrom(-1, 0, 2 ** 32, 2n ** 63n).map((seconds) => number(1, seconds)),
);
const timeNs = fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, 2 ** 32 - 1)
  .map((ns) => fixed32(4, ns));

/** Logs repeat the keys of a few kinds, as those of real stores do, with odd ones between. */
const log = fc.oneof(
  { weight: 3, arbitrary: message(mostly(content, fc.oneof(oddField([4]), time, timeNs)), 8) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(9), fc.array(value, { minLength: 4, maxLength: 4 }), time)
      .map(([kind, values, seconds]) =>
        join(
          seconds,
          ...values.map((v, i) =>
            bytes(2, join(bytes(1, i === 0 ? "event" : `k${kind}-${i}`), bytes(2, v)))
          ),
        )
      ),
  },
);

const group = message(
  fc.oneof(
    { weight: 8, arbitrary: log.map((content) => bytes(1, content)) },
    { weight: 2, arbitrary: fc.constantFrom("", TOPIC, "other").map((text) => bytes(3, text)) },
    { weight: 1, arbitrary: key.map((text) => bytes(3, text)) },
    { weight: 2, arbitrary: key.map((text) => bytes(4, text)) },
    { weight: 3, arbitrary: pairOf(oddField([1, 2])).map((tags) => bytes(6, tags)) },
    { weight: 1, arbitrary: oddField([1, 3, 4, 6]) },
    { weight: 1, arbitrary: fc.constantFrom("category", "").map((text) => bytes(2, text)) },
  ),
  14,
);

export const page: fc.Arbitrary<Uint8Array> = message(
  mostly(fc.tuple(group, pad).map(([g, padding]) => bytes(1, g, padding)), oddField([1])),
  6,
);

/** Cuts, zeros, and bytes changed at random places. */
export const damage = fc.array(
  fc.tuple(
    fc.constantFrom("cut", "set", "zeros"),
    fc.nat(2000),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 0x0a, 0x7f, 0x80, 0xff)),
  ),
  { minLength: 1, maxLength: 3 },
).map((steps) => (whole: Uint8Array) =>
  steps.reduce((before: Uint8Array, [how, place, byte]) => {
    const at = place % (before.length + 1);
    if (how === "cut") return before.slice(0, at);
    if (how === "zeros") return join(before, new Uint8Array(byte % 5));
    const after = before.slice();
    if (at < after.length) after[at] = byte;
    return after;
  }, whole)
);

const optionalText = fc.option(fc.string({ unit: "binary", maxLength: 8 }), { nil: undefined });

export const mapping: fc.Arbitrary<ShortMapping> = fc.record({
  host: optionalText,
  source: optionalText,
  sourcetype: optionalText,
  index: optionalText,
  eventIdPrefix: fc.constantFrom(undefined, "p/l/0/", 'quo"te\\/'),
  eventFormat: fc.constantFrom("object", "text"),
  expandJson: fc.constantFrom({}, { [TOPIC]: ["event"] }, {
    [TOPIC]: ["event", 'a"b', "\ufffd", "__topic__", "__tag__:x"],
    "": ["msg", "a", "k1-1"],
  }),
});

const tagNames = ["x", "k1-1", "", "é"];
const part = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom<EventTextPart>({ of: "topic" }, { of: "source" }),
  fc.constantFrom(...tagNames).map((name): EventTextPart => ({ of: "tag", name })),
);
const eventText = fc.option(fc.array(part, { maxLength: 4 }), { nil: undefined });

const values: fc.Arbitrary<EventValues> = fc.record({
  host: fc.oneof(eventText, fc.constant<EventText>([{ of: "source" }])),
  source: eventText,
  sourcetype: eventText,
  index: eventText,
  fields: fc.dictionary(fc.constantFrom("account", "region", "a.b"), fc.array(part), {
    noNullPrototype: true,
  }),
  expandJson: fc.constantFrom<EventValues["expandJson"][]>({}, { [TOPIC]: ["event"] }, [], [
    "msg",
    "event",
    'a"b',
  ]),
});

const pattern = fc.oneof(
  fc.constantFrom("*", "", TOPIC, `${TOPIC.slice(0, 3)}*`, "*e*", "a*b*", "**"),
  fc.string({ maxLength: 3 }).map((text) => text.replaceAll("?", "*")),
);
const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });

/** Any routes and templates. */
export const routedMapping: fc.Arbitrary<EventMapping> = fc.record({
  own: values,
  routes: fc.array(
    fc.record({
      topic: fc.option(patterns, { nil: undefined }),
      tag: fc.dictionary(fc.constantFrom(...tagNames), patterns, {
        maxKeys: 2,
        noNullPrototype: true,
      }),
      values: fc.oneof(fc.constant("drop" as const), values),
    }),
    { maxLength: 4 },
  ),
  eventIdPrefix: fc.constantFrom(undefined, "p/l/0/", 'quo"te\\/'),
  eventFormat: fc.constantFrom("object", "text"),
}).map(({ own, routes, eventIdPrefix, eventFormat }): EventMapping => ({
  host: own.host,
  source: own.source,
  sourcetype: own.sourcetype,
  index: own.index,
  fields: own.fields,
  expandJson: own.expandJson,
  routes,
  fallbackIndex: 'last"chance',
  eventIdPrefix,
  eventFormat,
}));
