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
  const route = { eventFormat: "object", expandJson: { "": ["k"] } } as const;
  const [event] = transcode(writePage([{ logs: [{ contents: [["k", json]] }] }]), route).events;
  const value = event!.slice(event!.indexOf('"k":') + 4, -2);
  const isJson = kindOf(json) !== 0;
  assert.equal(
    isJson,
    value !== JSON.stringify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(json)),
  );
  return isJson ? value : undefined;
}

/** What the validator says of a text that stands between other bytes, which it must not heed. */
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
  assert.equal(spliced(json), expected(json), JSON.stringify(text));
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
  '"\\u0000\\uD800\\uffff\\b\\f\\n\\r\\t\\/\\\\\\""',
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
