import assert from "node:assert/strict";
import { suggestKey } from "../../src/config/suggest_key.ts";

const keys = ["index", "sourcetype", "source", "host", "max_bytes", "max_events", "url", "urls"];
const cases: [key: string, nearest: string | undefined][] = [
  ["indx", "index"],
  ["idnex", "index"],
  ["Index", "index"],
  ["sourctype", "sourcetype"],
  ["soruce", "source"],
  ["maxBytes", "max_bytes"],
  ["max_byte", "max_bytes"],
  ["max_event", "max_events"],
  ["uri", "url"],
  ["urls_", "urls"],
  ["zz", undefined],
  ["", undefined],
  ["completely_different", undefined],
  ["x".repeat(100_000), undefined],
];
for (const [key, nearest] of cases) {
  Deno.test(`suggestKey() of ${JSON.stringify(key.slice(0, 30))} is ${nearest}`, () => {
    assert.equal(suggestKey(key, keys), nearest);
  });
}
