import assert from "node:assert/strict";
import type { ShortMapping } from "./short_mapping.ts";
import { transcode } from "./transcode_page.ts";

const folder = new URL("../testdata/pull/", import.meta.url);
const cases = [...Deno.readDirSync(folder)]
  .filter(({ name }) => name.endsWith(".pb")).map(({ name }) => name.slice(0, -3)).sort();

const mapping: ShortMapping = {
  source: "sls:p/l",
  sourcetype: "aliyun:sls",
  index: "main",
  eventFormat: "object",
  expandJson: { actiontrail_audit_event: ["event"] },
};

interface Expected {
  time: number;
  timeNs: number | null;
  log: Record<string, string>;
}

/** What an expected log's value is in the event: a topic's expanded field is JSON if it is valid. */
function expectedEvent(log: Record<string, string>): Record<string, unknown> {
  if (log.__topic__ !== "actiontrail_audit_event" || log.event === undefined) return log;
  try {
    return { ...log, event: JSON.parse(log.event) };
  } catch {
    return log;
  }
}

for (const name of cases) {
  const page = Deno.readFileSync(new URL(`${name}.pb`, folder));
  const expected: Expected[] = Deno.readTextFileSync(new URL(`${name}.expected.jsonl`, folder))
    .split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

  Deno.test(`Core writes ${name} as the vendor's SDK reads it`, () => {
    const { events } = transcode(page, mapping);
    assert.equal(events.length, expected.length);
    for (const [i, { time, timeNs, log }] of expected.entries()) {
      const text = events[i]!;
      const event = JSON.parse(text);
      const timeText = timeNs === null ? `${time}` : `${time}.${String(timeNs).padStart(9, "0")}`;
      assert.equal(/^\{"time":([0-9.]+),/.exec(text)?.[1], timeText);
      assert.equal(event.source, "sls:p/l");
      assert.equal(event.sourcetype, "aliyun:sls");
      assert.equal(event.index, "main");
      assert.deepEqual(event.event, expectedEvent(log));
    }
  });

  Deno.test(`Core writes ${name} as text that holds the same object`, () => {
    const { events } = transcode(page, {
      ...mapping,
      eventFormat: "text",
      eventIdPrefix: "p/l/0/",
    });
    assert.deepEqual(
      events.map((text) => JSON.parse(JSON.parse(text).event)),
      expected.map(({ log }) => expectedEvent(log)),
    );
  });
}
