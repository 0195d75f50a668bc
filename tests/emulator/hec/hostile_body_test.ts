import assert from "node:assert/strict";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { DEFAULT_SWITCHES } from "../../../src/emulator/hec/hec_settings.ts";
import { parseEvents } from "../../../src/emulator/core/hec/parse_events.ts";
import { ReceivedEvent } from "../../../src/emulator/hec/received_event.ts";
import { Key } from "../../../src/emulator/core/hec/envelope.ts";
import { post } from "./hec_client.ts";

const utf8 = new TextEncoder();
const BODY = '{"time":"1.5","event":{"a":["\\u00e9",-1e3,{}]},"fields":{"x":["y",1]},"index":"i"}' +
  '\n{"host":"h","source":"s","sourcetype":"t","event":"text \\" 日"}[{"event":0}]';

const origin = {
  ...{ requestId: 1, token: "t", channel: undefined, timeMicros: 0, state: "indexed" as const },
  ...{ host: "h", source: "s", sourcetype: "t" },
};

Deno.test("parseEvents survives any bytes, and every part of accepted events can be read", () => {
  const changes = fc.array(fc.tuple(fc.nat(BODY.length + 20), fc.nat(255)), { maxLength: 6 });
  const switches = fc.record({
    arrays: fc.constantFrom("accept" as const, "reject" as const),
    loneSurrogates: fc.constantFrom("accept" as const, "reject" as const),
    oddTime: fc.constantFrom("receipt_time" as const, "reject" as const),
    nonStringMetadata: fc.constantFrom("ignore" as const, "reject" as const),
  });
  fc.assert(
    fc.property(changes, switches, (changes, chosen) => {
      const body = utf8.encode(BODY);
      for (const [at, byte] of changes) if (at < body.length) body[at] = byte;
      const accepted: ReceivedEvent[] = [];
      const outcome = parseEvents(body, {
        defaultIndex: "main",
        allowedIndexes: undefined,
        maxEventBytes: 1000,
        maxEvents: Infinity,
        switches: { ...DEFAULT_SWITCHES, ...chosen },
      }, (envelope, index) => {
        const { start, end } = envelope;
        const eventStart = envelope.startOf(Key.event);
        const place = { start, end, eventStart, eventEnd: envelope.endOf(Key.event) };
        accepted.push(new ReceivedEvent(origin, body, place, { index, misrouted: false }));
      });
      assert.equal(outcome.taken, accepted.length);
      assert.ok([0, 5, 6, 12, 13, 15].includes(outcome.code));
      for (const event of accepted) {
        JSON.parse(event.envelope);
        JSON.parse(event.raw);
        assert.equal(
          typeof event.text + typeof event.host + typeof event.index,
          "stringstringstring",
        );
        assert.ok(event.timeMicros >= 0);
        assert.notEqual(event.fields, null);
      }
    }),
    { numRuns: 3000 },
  );
});

for (
  const [name, body, code] of [
    ["a million open brackets", `{"event":${"[".repeat(1_000_000)}`, 6],
    ["a million objects in objects", '{"event":{"a":'.repeat(1_000_000), 6],
    ["a string without end", `{"event":"${"x".repeat(3_000_000)}`, 6],
    ["a million empty objects", "{}".repeat(1_000_000), 12],
    ["a long number", `{"event":${"9".repeat(1_000_000)}}`, 0],
  ] as const
) {
  Deno.test(`HecEmulator answers ${name} with code ${code}`, async () => {
    await using hec = HecEmulator.start();
    for (const headers of [{}, { "Content-Encoding": "gzip" }]) {
      const sent = "Content-Encoding" in headers ? new Uint8Array(gzipSync(body)) : body;
      const { json } = await post(hec, sent, { headers });
      assert.equal((json as { code: number }).code, code);
    }
  });
}
