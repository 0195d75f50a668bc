import assert from "node:assert/strict";
import { DEFAULT_SWITCHES, type HecSwitches } from "../../../src/emulator/hec/hec_settings.ts";
import { parseEvents, type ParseRules } from "../../../src/emulator/core/hec/parse_events.ts";

interface Case {
  readonly name: string;
  readonly body: string;
  readonly code?: number;
  readonly number?: number;
  /** The envelopes that are accepted, as text. */
  readonly taken?: string[];
  readonly skipped?: number;
  readonly switches?: Partial<HecSwitches>;
  readonly rules?: Partial<ParseRules>;
}

const A = '{"event":"a"}';
const C = '{"event":"c"}';
const allowed = { allowedIndexes: new Set(["main", "web"]) };
const big = { maxEventBytes: 10 };

/** The effect of the second object of three on the whole batch. */
const middle: { name: string; bad: string; code: number; number?: number; more?: Partial<Case> }[] =
  [
    { name: "no JSON", bad: "{oops}", code: 6, number: 1 },
    { name: "no object", bad: '"text"', code: 6, number: 1 },
    { name: "an array", bad: "[]", code: 6, number: 1 },
    { name: "a null event", bad: '{"event":null}', code: 6, number: 1 },
    { name: "a false event", bad: '{"event":false}', code: 6, number: 1 },
    { name: "no event and no fields", bad: '{"time":1}', code: 12, number: 1 },
    { name: "no key at all", bad: "{}", code: 12, number: 1 },
    { name: "an empty event", bad: '{"event":""}', code: 13, number: 1 },
    { name: "a blank event", bad: '{"event":" \\n\\t"}', code: 13, number: 1 },
    { name: "an object in fields", bad: '{"event":"b","fields":{"x":{}}}', code: 15, number: 1 },
    {
      name: "an object in an array in fields",
      bad: '{"event":"b","fields":{"x":["y",{}]}}',
      code: 15,
      number: 1,
    },
    {
      name: "an array in an array in fields",
      bad: '{"event":"b","fields":{"x":[[]]}}',
      code: 15,
      number: 1,
    },
    { name: "fields that are no object", bad: '{"event":"b","fields":[]}', code: 15, number: 1 },
    {
      name: "bad fields without an event",
      bad: '{"fields":{"x":{}}}',
      code: 15,
      number: 1,
    },
    {
      name: "an index that is not listed",
      bad: '{"event":"b","index":"secret"}',
      code: 7,
      number: 2,
      more: { rules: allowed },
    },
    {
      name: "an event over the limit",
      bad: '{"event":"12345678901"}',
      code: 6,
      number: 1,
      more: { rules: big },
    },
    {
      name: "an object over the limit",
      bad: '{"event":{"x":12345}}',
      code: 6,
      number: 1,
      more: { rules: big },
    },
    { name: "a negative time", bad: '{"event":"b","time":-1}', code: 6, number: 1 },
    { name: "a null time", bad: '{"event":"b","time":null}', code: 6, number: 1 },
    { name: "a time in words", bad: '{"event":"b","time":"now"}', code: 6, number: 1 },
    { name: "a time with two dots", bad: '{"event":"b","time":"1.2.3"}', code: 6, number: 1 },
    { name: "an empty time", bad: '{"event":"b","time":""}', code: 6, number: 1 },
    { name: "a host that is a number", bad: '{"event":"b","host":7}', code: 6, number: 1 },
    { name: "an index that is null", bad: '{"event":"b","index":null}', code: 6, number: 1 },
  ];

for (const { name, bad, code, number, more } of middle) {
  check({
    name: `object 1 with ${name}`,
    body: A + bad + C,
    code,
    number: number!,
    taken: [A],
    ...more,
  });
  const alone = number === 2 ? 1 : 0;
  check({ name: `only ${name}`, body: bad, code, number: alone, taken: [], ...more });
}

const cases: Case[] = [
  { name: "one object", body: A, taken: [A] },
  { name: "objects without anything between", body: A + C, taken: [A, C] },
  { name: "white space around objects", body: `\n ${A}\r\n\t${C} \n`, taken: [A, C] },
  { name: "an empty body", body: "", code: 5, taken: [] },
  { name: "only white space", body: " \r\n\t", code: 5, taken: [] },
  { name: "a comma between objects", body: `${A},${C}`, code: 6, number: 1, taken: [A] },
  { name: "an object that breaks off", body: `${A}{"event":"c`, code: 6, number: 1, taken: [A] },
  { name: "rubbish at the end", body: `${A}${C} x`, code: 6, number: 2, taken: [A, C] },
  {
    name: "fields without event, passed over",
    body: `${A}{"fields":{"metric_name:x":1}}${C}`,
    taken: [A, C],
    skipped: 1,
  },
  { name: "only fields without event", body: '{"fields":{}}', taken: [], skipped: 1 },
  {
    name: "the number after an object that was passed over",
    body: `{"fields":{"x":1}}${A}{"event":null}`,
    code: 6,
    number: 2,
    taken: [A],
    skipped: 1,
  },
  { name: "an unknown key in object 1", body: `${A}{"event":"b","x":1}${C}`, taken: [A] },
  { name: "an unknown key before event", body: `${A}{"x":1,"event":"b"}${C}`, taken: [A] },
  { name: "an unknown key in the only object", body: '{"event":"b","x":1}', code: 5, taken: [] },
  { name: "an unknown key in object 0 of 2", body: `{"msg":1}${A}`, code: 5, taken: [] },
  { name: "a key in other case is unknown", body: '{"Event":"b"}', code: 5, taken: [] },
  {
    name: "a syntax error behind an unknown key",
    body: `${A}{"x":1,"event":}`,
    code: 6,
    number: 1,
    taken: [A],
  },
  ...["{}", "[]", "0", "-1.5e3", '"x"', '" x"', '"\\u0041"', "true", '{"a":[{"b":{}}]}'].map((
    value,
  ) => ({ name: `event ${value}`, body: `{"event":${value}}`, taken: [`{"event":${value}}`] })),
  {
    name: "a key written with escapes",
    body: '{"\\u0065vent":"x"}',
    taken: ['{"\\u0065vent":"x"}'],
  },
  ...["1", "1.5", '"1.5"', "1700000000123", "1e9", '"1e9"', '" 12 "'].map((time) => {
    const body = `{"time":${time},"event":"x"}`;
    return { name: `time ${time}`, body, taken: [body] };
  }),
  {
    name: "flat fields of every kind",
    body: '{"event":"x","fields":{"s":"t","n":1,"b":true,"z":null,"a":["x",1],"e":[]}}',
    taken: ['{"event":"x","fields":{"s":"t","n":1,"b":true,"z":null,"a":["x",1],"e":[]}}'],
  },
  {
    name: "an event as long as the limit",
    body: '{"event":"1234567890"}',
    taken: ['{"event":"1234567890"}'],
    rules: big,
  },
  {
    name: "an index on the list",
    body: '{"event":"x","index":"web"}',
    taken: ['{"event":"x","index":"web"}'],
    rules: allowed,
  },
  {
    name: "a default index that is not listed",
    body: A,
    code: 7,
    number: 1,
    taken: [],
    rules: { ...allowed, defaultIndex: "other" },
  },
  {
    name: "the last of a key that comes twice",
    body: '{"event":null,"event":"x","index":"secret","index":"web"}',
    taken: ['{"event":null,"event":"x","index":"secret","index":"web"}'],
    rules: allowed,
  },
  {
    name: "no more than maxEvents",
    body: A + C + "{oops}",
    taken: [A, C],
    rules: { maxEvents: 2 },
  },
  {
    name: "good fields that come after bad ones",
    body: '{"event":"x","fields":{"a":{}},"fields":{"a":1}}',
    taken: ['{"event":"x","fields":{"a":{}},"fields":{"a":1}}'],
  },
  { name: "nothing for maxEvents 0", body: A, taken: [], rules: { maxEvents: 0 } },
  {
    name: "true as an event, switched off",
    body: '{"event":true}',
    code: 6,
    number: 0,
    taken: [],
    switches: { eventTrue: "reject" },
  },
  {
    name: "odd times, switched on",
    body: '{"event":"x","time":"now"}',
    taken: ['{"event":"x","time":"now"}'],
    switches: { oddTime: "receipt_time" },
  },
  ...[
    "\\ud83d",
    "\\uDE00",
    "\\ud83d\\ud83d\\ude00",
    "\\ud83d\\ude00\\udfff",
    "\\udbff\\u0041",
    "\\ud800x",
  ]
    .flatMap((escapes): Case[] => [
      {
        name: `half of a character, ${escapes}, in an event's string`,
        body: `${A}{"event":{"s":"cut ${escapes}"}}${C}`,
        code: 6,
        number: 1,
        taken: [A],
      },
      { name: `${escapes} in a key`, body: `{"event":{"${escapes}":1}}`, code: 6, number: 0 },
      {
        name: `${escapes}, switched on`,
        body: `{"event":{"s":"${escapes}"}}`,
        taken: [`{"event":{"s":"${escapes}"}}`],
        switches: { loneSurrogates: "accept" },
      },
    ]),
  {
    name: "pairs of surrogates, and what only looks like one",
    body: '{"event":"\\ud83d\\ude00\\uDBFF\\uDFFF\\ud7ff\\ue000\\\\ud83d"}',
    taken: ['{"event":"\\ud83d\\ude00\\uDBFF\\uDFFF\\ud7ff\\ue000\\\\ud83d"}'],
  },
  {
    name: "metadata that is not a string, switched on",
    body: '{"event":"x","host":7}',
    taken: ['{"event":"x","host":7}'],
    switches: { nonStringMetadata: "ignore" },
  },
  ...([
    { name: "an array", body: `[${A}, ${C}]`, taken: [A, C] },
    { name: "an array between objects", body: `${A}[${C}]${A}`, taken: [A, C, A] },
    { name: "an empty array", body: "[ ]", code: 5, taken: [] },
    { name: "an array without end", body: `[${A}`, code: 6, number: 1, taken: [A] },
    { name: "an array without commas", body: `[${A}${C}]`, code: 6, number: 1, taken: [A] },
    { name: "an array with a comma at its end", body: `[${A},]`, code: 6, number: 1, taken: [A] },
    { name: "an array in an array", body: `[[${A}]]`, code: 6, number: 0, taken: [] },
    {
      name: "an array with a bad object",
      body: `[${A},{"event":null},${C}]`,
      code: 6,
      number: 1,
      taken: [A],
    },
  ].map((more) => ({
    ...more,
    name: `${more.name}, switched on`,
    switches: { arrays: "accept" as const },
  }))),
];
for (const one of cases) check(one);

function check({ name, body, code = 0, number, taken = [], skipped = 0, ...more }: Case): void {
  Deno.test(`parseEvents answers ${name} with code ${code}`, () => {
    const bytes = new TextEncoder().encode(body);
    const accepted: string[] = [];
    const outcome = parseEvents(bytes, {
      defaultIndex: "main",
      allowedIndexes: undefined,
      maxEventBytes: 5_000_000,
      maxEvents: Infinity,
      ...more.rules,
      switches: { ...DEFAULT_SWITCHES, ...more.switches },
    }, ({ start, end }) => {
      accepted.push(new TextDecoder().decode(bytes.subarray(start, end)));
    });
    assert.deepEqual(accepted, taken);
    assert.deepEqual(outcome, {
      code,
      invalidEventNumber: number,
      taken: taken.length,
      skipped,
    });
  });
}
