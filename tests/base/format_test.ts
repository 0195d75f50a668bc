import assert from "node:assert/strict";
import {
  bytesText,
  capitalized,
  countText,
  durationText,
  grouped,
  hmsText,
  hoursText,
  isoTime,
} from "../../src/base/format.ts";

const texts: [text: string, expected: string][] = [
  [grouped(999), "999"],
  [grouped(70_000), "70,000"],
  [countText(0, "shard"), "0 shards"],
  [countText(1, "shard"), "1 shard"],
  [countText(4096, "shard"), "4,096 shards"],
  [countText(1, "match", "matches"), "1 match"],
  [countText(2, "match", "matches"), "2 matches"],
  [bytesText(0), "0.0 kB"],
  [bytesText(99_949), "99.9 kB"],
  [bytesText(100_000), "0.1 MB"],
  [bytesText(12_345_678), "12.3 MB"],
  [durationText(0), "0 s"],
  [durationText(119), "119 s"],
  [durationText(120), "2.0 min"],
  [durationText(7199), "120.0 min"],
  [durationText(7200), "2.0 hours"],
  [hoursText(1800), "0.5 hours"],
  [hmsText(0), "0:00:00"],
  [hmsText(3909), "1:05:09"],
  [hmsText(59.2), "0:01:00"],
  [hmsText(360_000), "100:00:00"],
  [isoTime(Date.UTC(2026, 9, 6, 8, 30)), "2026-10-06T08:30:00Z"],
  [isoTime(Date.UTC(2026, 9, 6, 8, 30) + 7), "2026-10-06T08:30:00.007Z"],
  [capitalized("the proxy"), "The proxy"],
];
Deno.test("Numbers, sizes, durations and times are written as people read them", () => {
  for (const [text, expected] of texts) assert.equal(text, expected);
});
