import assert from "node:assert/strict";
import fc from "fast-check";
import { functions, scratch } from "./core_functions.ts";
import { writePage } from "./page_writer.ts";
import { transcode } from "./transcode_page.ts";

const utf8 = new TextEncoder();

/** Containers inside one another that are still spliced. */
const MAX_DEPTH = 512;

/** Splices a value into an event. @returns undefined when it was written as a string instead. */
function spliced(json: Uint8Array): string | undefined {
  const mapping = { eventFormat: "object", expandJson: { "": ["k"] } } as const;
  const [event] = transcode(writePage([{ logs: [{ contents: [["k", json]] }] }]), mapping).events;
  const value = event!.slice(event!.indexOf('"k":') + 4, -2);
  const isJson = kindOf(json) !== 0;
  assert.equal(
    isJson,
    value !== JSON.stringify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(json)),
  );
  return isJson ? value : undefined;
}

/** What the validator says of a text between other bytes, which it must ignore. */
function kindOf(json: Uint8Array): number {
  const memory = scratch(64 + json.length + 128);
  memory.fill(0x22);
  memory.set([0x5b, 0x22, ...json, 0x22, 0x5d, 0x30], 62);
  const from = memory.byteOffset + 64;
  return functions.jsonKind(from, from + json.length);
}

/** The oracle: the text itself if `JSON.parse` takes it. */
function expected(json: Uint8Array): string | undefined {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(json);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

function assertAsParsed(text: string): void {
  const json = utf8.encode(text);
  const found = spliced(json);
  const whole = expected(json);
  if (whole === undefined || !/\\ud[89a-f]/i.test(whole)) {
    return assert.equal(found, whole, JSON.stringify(text));
  }
  assert.equal(found?.length, whole.length, JSON.stringify(text));
  assert.deepEqual(JSON.parse(found!), wellFormed(JSON.parse(whole)), JSON.stringify(text));
}

/** A parsed value whose strings and keys are well formed. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, value]) => [key.toWellFormed(), wellFormed(value)]),
  );
}

const kept = [
  "0",
  "-0",
  "-0.0e-0",
  "9007199254740993",
  "123456789012345678901234567890.000000000000000001E+400",
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  " \t\r\n[ 1 , 2 ] \n",
  '{ "a" : { } , "b" : [ ] }',
  '"\\u0000\\uffff\\b\\f\\n\\r\\t\\/\\\\\\""',
  '{"pair":"\\ud83d\\ude00\\uD83D\\uDE00\\uDBFF\\uDFFF\\ud800\\udc00"}',
  '"no surrogates: \\ud7ff \\uD700 \\ue000 \\uE000 \\u0d83"',
  '"text: \\\\ud83d \\\\\\\\udc00 ud83d \\"ud83d"',
  '"åäö 漢字 😀"',
  "true",
  "false",
  "null",
  '""',
  "[[],{},[{}]]",
];
for (const text of kept) {
  Deno.test(`the core keeps ${JSON.stringify(text)} byte for byte`, () => {
    assert.equal(spliced(utf8.encode(text)), text);
  });
}

const halves: [text: string, kept: string][] = [
  ['{"s":"cut \\ud83d"}', '{"s":"cut \\ufffd"}'],
  ['{"s":"cut \\uD83D"}', '{"s":"cut \\ufffd"}'],
  ['{"s":"\\ude00 cut"}', '{"s":"\\ufffd cut"}'],
  ['{"s":"\\uDE00"}', '{"s":"\\ufffd"}'],
  ['{"\\ud83d":1,"\\udfff":{"\\uDBFF":2}}', '{"\\ufffd":1,"\\ufffd":{"\\ufffd":2}}'],
  ['"\\ud83d\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"'],
  ['"\\ud83d\\ude00\\ude00"', '"\\ud83d\\ude00\\ufffd"'],
  ['"\\ude00\\ud83d"', '"\\ufffd\\ufffd"'],
  ['"\\ud83d \\ude00"', '"\\ufffd \\ufffd"'],
  ['"\\ud83d\\n\\ude00"', '"\\ufffd\\n\\ufffd"'],
  ['"\\ud83d\\\\ude00"', '"\\ufffd\\\\ude00"'],
  ['"\\\\ud83d\\ude00"', '"\\\\ud83d\\ufffd"'],
  ['"\\\\\\ud83d\\ude00"', '"\\\\\\ud83d\\ude00"'],
  ['["\\ud83d","\\ude00"]', '["\\ufffd","\\ufffd"]'],
  ['"\\ud83d\\ud7ff\\ud83d\\ue000\\ud83d\\u0000"', '"\\ufffd\\ud7ff\\ufffd\\ue000\\ufffd\\u0000"'],
  ['"\\ud83dude00"', '"\\ufffdude00"'],
];
for (const [text, kept] of halves) {
  Deno.test(`the core makes ${JSON.stringify(kept)} of ${JSON.stringify(text)}, whose escapes are of half a character`, () => {
    assert.equal(spliced(utf8.encode(text)), kept);
  });
}

Deno.test("the core finds half of a pair wherever it is", () => {
  for (let before = 0; before < 140; before++) {
    const text = "x".repeat(before);
    assert.equal(spliced(utf8.encode(`"${text}\\ud83d"`)), `"${text}\\ufffd"`);
    assert.equal(spliced(utf8.encode(`"${text}\\ude00\\n"`)), `"${text}\\ufffd\\n"`);
    const pair = `"${text}\\ud83d\\ude00"`;
    assert.equal(spliced(utf8.encode(pair)), pair);
  }
});

Deno.test("the core makes strings of any escapes well formed, of the same length", () => {
  const high = fc.constantFrom("\\ud83d", "\\uD800", "\\udBfF");
  const low = fc.constantFrom("\\ude00", "\\uDFFF", "\\udC00");
  const other = fc.constantFrom(
    "\\\\",
    "\\n",
    '\\"',
    "\\ud7ff",
    "\\uE000",
    "u",
    "d83d",
    "😀",
    "å",
    " ",
  );
  const string = fc.array(fc.oneof(high, low, other), { maxLength: 40 })
    .map((units) => `"${units.join("")}"`);
  fc.assert(
    fc.property(fc.array(string), string, string, (list, key, value) => {
      assertAsParsed(`[${list.join()}]`);
      assertAsParsed(`{${key}:${value}}`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the core repairs bytes and escapes in one text", () => {
  const json = new Uint8Array([0x22, 0xff, ...utf8.encode("\\ud83d\\t"), 0xc3, 0x22]);
  assert.equal(spliced(json), '"\ufffd\\ufffd\\t\ufffd"');
});

Deno.test("the core leaves what only looks like an escape: strings that do not expand, or are not JSON", () => {
  for (const text of ["cut \\ud83d", "{\\ud83d}", '{"s":"\\ud83d"', '{"s":"\\ud83d"}}']) {
    assert.equal(spliced(utf8.encode(text)), undefined);
    const page = writePage([{ logs: [{ contents: [["plain", text]] }] }]);
    const [event] = transcode(page, { eventFormat: "object", expandJson: { "": ["k"] } }).events;
    assert.ok(event!.includes(`"plain":${JSON.stringify(text)}`), event);
  }
});

Deno.test("the core makes well formed what goes out as text, too", () => {
  const page = writePage([{ logs: [{ contents: [["k", '{"s":"cut \\ud83d"}']] }] }]);
  const [event] = transcode(page, { eventFormat: "text", expandJson: { "": ["k"] } }).events;
  assert.equal(JSON.parse(JSON.parse(event!).event).k.s, "cut \ufffd");
});

Deno.test("the core makes well formed what repeats, and what comes like before", () => {
  const value = '{"s":"\\ud83d"}';
  const logs = Array.from({ length: 5 }, () => ({ contents: [["k", value], ["a", "1"]] as const }));
  const twice = { contents: [["k", "old"], ["k", value]] as const };
  const page = writePage([{ logs: [...logs, twice, twice] }]);
  const { events } = transcode(page, { eventFormat: "object", expandJson: { "": ["k"] } });
  assert.equal(events.length, 7);
  for (const event of events) assert.ok(event.includes('"k":{"s":"\\ufffd"}'), event);
});

const refused = [
  ...["", " ", "\ufeff{}", "{", "}", "[", "]", "{]", "[}", "[1,]", "[,1]", "[1 2]", "{,}", '{"a"}'],
  ...['{"a":}', '{"a":1,}', '{"a" 1}', "{a:1}", "{'a':1}", "{1:1}", '{"a":1 "b":2}', "{}{}", "1 2"],
  ...["01", "-", "-a", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity"],
  ...["tru", "trues", "nul", "falsey", "True", "undefined"],
  ...[
    '"',
    '"a',
    '"\\"',
    '"\\x41"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\',
    '"\n"',
    '"\t"',
    '"\0"',
    '"\x1f"',
  ],
  ...["[1]x", "{}/**/", "\u00a01", "\v1", "\u20281"],
];
for (const text of refused) {
  Deno.test(`the core refuses ${JSON.stringify(text)} as JSON.parse does`, () => {
    assert.equal(spliced(utf8.encode(text)), undefined);
    assert.equal(expected(utf8.encode(text)), undefined);
  });
}

Deno.test("the core keeps any valid document, written tightly or with space, byte for byte", () => {
  const space = fc.constantFrom(undefined, 1, "\t", "\r\n ");
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: "binary" }), space, (json, indent) => {
      assertAsParsed(json);
      const pretty = JSON.stringify(JSON.parse(json), null, indent);
      assert.equal(spliced(utf8.encode(pretty)), pretty.toWellFormed());
    }),
    { numRuns: 1500 },
  );
});

Deno.test("the core takes and refuses mutated documents as JSON.parse does", () => {
  const edit = fc.tuple(
    fc.nat(200),
    fc.nat(3),
    fc.oneof(
      fc.constantFrom(..."{}[]:,\"\\ \n\t0123456789.-+eEtrufalsn'/ubx\u0000\u001f\u007f"),
      fc.constantFrom(
        "\\u",
        "\\u00",
        "null",
        "true",
        '""',
        "[]",
        "{}",
        '"a":',
        ",,",
        "1.5e3",
        "00",
      ),
    ),
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.array(edit, { minLength: 1, maxLength: 4 }), (
      json,
      edits,
    ) =>
      assertAsParsed(edits.reduce((text, [at, cut, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + cut);
      }, json))),
    { numRuns: 8000 },
  );
});

Deno.test("the core takes and refuses short texts of JSON's own characters as JSON.parse does", () => {
  const unit = fc.constantFrom(...'{}[]:,"\\ 01-.e+tnau');
  fc.assert(fc.property(fc.string({ unit, maxLength: 9 }), assertAsParsed), { numRuns: 20_000 });
});

Deno.test("the core takes arrays and objects to its depth limit, and no deeper", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const objects = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  for (const make of [nested, objects]) {
    assert.equal(spliced(utf8.encode(make(MAX_DEPTH))), make(MAX_DEPTH));
    assert.equal(spliced(utf8.encode(make(MAX_DEPTH + 1))), undefined);
    assert.equal(spliced(utf8.encode(make(100_000))), undefined);
  }
  const wide = `[${nested(MAX_DEPTH - 1)},${nested(MAX_DEPTH - 1)}]`;
  assert.equal(spliced(utf8.encode(wide)), wide);
});

Deno.test("the core makes U+FFFD of what is not UTF-8 inside strings", () => {
  const bytes = fc.uint8Array({ maxLength: 30 })
    .map((list) => list.filter((byte) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c));
  fc.assert(
    fc.property(bytes, bytes, (key, value) => {
      const json = new Uint8Array([
        ...[0x7b, 0x22, ...key, 0x22, 0x3a],
        ...[0x5b, 0x22, ...value, 0x22, 0x5d, 0x7d],
      ]);
      assert.equal(spliced(json), expected(json));
      assert.notEqual(spliced(json), undefined);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the core refuses what is not UTF-8 outside strings", () => {
  for (const json of [[0xff], [0x31, 0xc3], [0x5b, 0xe2, 0x82, 0x5d], [0x22, 0x22, 0x80]]) {
    assert.equal(spliced(new Uint8Array(json)), undefined);
  }
});

Deno.test("the core needs no more room than the text needs when every byte grows", () => {
  const json = new Uint8Array(100_002).fill(0xff);
  json[0] = json[json.length - 1] = 0x22;
  assert.equal(spliced(json), `"${"\ufffd".repeat(100_000)}"`);
});
