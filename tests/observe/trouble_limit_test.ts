import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { TroubleLimit } from "../../src/observe/trouble_limit.ts";

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

const AWAY = { what: "SLS at h", kind: "network" };

function trouble(more: Partial<Trouble> = {}): Trouble {
  return {
    type: "trouble",
    about: "p/l shard 0: pull",
    message: "Connection refused",
    hint: "",
    retryInMs: 1000,
    ...more,
  };
}

/** A failing pull of a shard. */
function pull(source: string, shard: number, more: Partial<Trouble> = {}): Trouble {
  return trouble({ about: `${source} shard ${shard}: pull`, source, shard, cause: AWAY, ...more });
}

Deno.test("TroubleLimit reports a failure when it begins, then once a minute with the times since", () => {
  const limit = new TroubleLimit();
  assert.equal(limit.trouble(trouble(), 0)?.times, 1);
  for (let sec = 1; sec < 60; sec++) assert.equal(limit.trouble(trouble(), sec * 1000), undefined);
  assert.equal(limit.trouble(trouble(), 60_000)?.times, 60);
  assert.equal(limit.trouble(trouble(), 61_000), undefined);
});

Deno.test("TroubleLimit repeats as rarely as the failure says", () => {
  const limit = new TroubleLimit();
  const hourly = trouble({ repeatAfterMs: 3_600_000 });
  assert.equal(limit.trouble(hourly, 0)?.times, 1);
  for (let min = 1; min < 60; min++) {
    assert.equal(limit.trouble(hourly, min * 60_000), undefined, `minute ${min}`);
  }
  assert.equal(limit.trouble(hourly, 3_600_000)?.times, 60);
});

Deno.test("TroubleLimit reports the end once, with how often it happened and how long it lasted", () => {
  const limit = new TroubleLimit();
  for (const ms of [0, 1000, 5000]) limit.trouble(trouble(), ms);
  const end = limit.recovered("p/l shard 0: pull", 8000);
  assert.deepEqual(end, { times: 3, shards: 0, sources: 0, lastedMs: 8000 });
  assert.equal(limit.recovered("p/l shard 0: pull", 9000), undefined);
});

Deno.test("TroubleLimit does not report the end of what had not failed", () => {
  assert.equal(new TroubleLimit().recovered("p/l shard 0: pull", 0), undefined);
});

Deno.test("TroubleLimit reports at once that a source becomes held, and once that it no longer is", () => {
  const limit = new TroubleLimit();
  limit.trouble(trouble(), 0);
  assert.equal(limit.trouble(trouble({ held: true }), 500)?.times, 1);
  assert.equal(limit.trouble(trouble({ held: true }), 1000), undefined);
  assert.equal(limit.trouble(trouble(), 1500), undefined, "one that failed before it was held");
  assert.equal(limit.trouble(trouble(), 61_000), undefined);
  assert.equal(limit.trouble(trouble({ held: true }), 61_500)?.times, 4);
  assert.ok(limit.recovered("p/l shard 0: pull", 62_000));
  assert.equal(limit.recovered("p/l shard 0: pull", 62_500), undefined);
});

Deno.test("TroubleLimit reports held sources of one cause once, and the end when the last one works again", () => {
  const limit = new TroubleLimit();
  const cause = { what: "HEC at h", kind: "403, code 4" };
  const of = (source: string, held: boolean) =>
    trouble({ about: `${source}: deliver to HEC`, source, held, cause });
  assert.ok(limit.trouble(of("p/a", true), 0));
  assert.equal(limit.trouble(of("p/b", false), 10), undefined);
  assert.equal(limit.trouble(of("p/b", true), 20), undefined);
  assert.equal(limit.recovered("p/a: deliver to HEC", 30_000), undefined);
  assert.deepEqual(limit.recovered("p/b: deliver to HEC", 31_000), {
    times: 3,
    shards: 0,
    sources: 2,
    lastedMs: 31_000,
    what: "HEC at h",
  });
});

Deno.test("TroubleLimit reports other words of the same failure at once, but not other numbers", () => {
  const limit = new TroubleLimit();
  limit.trouble(trouble({ message: "Cannot take page 17" }), 0);
  assert.equal(limit.trouble(trouble({ message: "Cannot take page 18" }), 100), undefined);
  assert.equal(limit.trouble(trouble({ message: "Cannot open page 18" }), 200)?.times, 2);
});

Deno.test("TroubleLimit reports a thousand alternating failures in a second only three times more", () => {
  const limit = new TroubleLimit();
  let reported = 0;
  for (let ms = 0; ms < 1000; ms++) {
    if (limit.trouble(trouble({ message: ms % 2 ? "one thing" : "another" }), ms)) reported++;
  }
  assert.equal(reported, 4);
});

Deno.test("TroubleLimit reports what fails and works by turns a few times a minute, and never an end alone", () => {
  const limit = new TroubleLimit();
  const reported: string[] = [];
  for (let ms = 0; ms < 60_000; ms += 100) {
    if (limit.trouble(trouble(), ms)) reported.push("fails");
    if (limit.recovered("p/l shard 0: pull", ms + 50)) reported.push("works");
  }
  assert.deepEqual(reported, [
    "fails",
    "works",
    "fails",
    "works",
    "fails",
    "works",
    "fails",
    "works",
  ]);
  const later = limit.trouble(trouble(), 60_100);
  assert.ok(later && later.times > 590, "what was not reported is counted in the next report");
});

Deno.test("TroubleLimit reports an outage of 16 shards and 3 sources as one, with their number in the repeat", () => {
  const limit = new TroubleLimit();
  const sources = ["p/a", "p/b", "q/c"];
  let reported = 0;
  const all = (ms: number) => {
    for (const source of sources) {
      for (let shard = 0; shard < 16; shard++) {
        if (limit.trouble(pull(source, shard), ms)) reported++;
      }
      const beat = trouble({ about: `${source}: send a heartbeat`, source, cause: AWAY });
      if (limit.trouble(beat, ms)) reported++;
    }
  };
  all(0);
  all(20_000);
  assert.equal(reported, 1);
  assert.deepEqual(limit.trouble(pull("p/a", 3), 60_000), {
    times: 2 * 51,
    shards: 48,
    sources: 3,
    lastedMs: 60_000,
  });
});

Deno.test("TroubleLimit reports the end of an outage when the last of them works again", () => {
  const limit = new TroubleLimit();
  for (const shard of [0, 1, 2]) limit.trouble(pull("p/a", shard), shard);
  assert.equal(limit.recovered("p/a shard 1: pull", 10_000), undefined);
  assert.equal(limit.recovered("p/a shard 0: pull", 11_000), undefined);
  assert.deepEqual(limit.recovered("p/a shard 2: pull", 12_000), {
    times: 3,
    shards: 3,
    sources: 1,
    lastedMs: 12_000,
    what: "SLS at h",
  });
});

Deno.test("TroubleLimit waits for no shard that is given up, and for no source that has ended", () => {
  const limit = new TroubleLimit();
  for (const shard of [0, 1]) limit.trouble(pull("p/a", shard), 0);
  limit.trouble(pull("p/b", 0), 0);
  limit.trouble(trouble({ about: "p/a: send a heartbeat", source: "p/a", cause: AWAY }), 0);
  limit.ended("p/a", 0, 60_000);
  limit.ended("p/a", 1, 60_000);
  limit.ended("p/b", undefined, 60_000);
  const end = limit.recovered("p/a: send a heartbeat", 61_000);
  assert.deepEqual(end && [end.times, end.shards, end.sources], [4, 3, 2]);
});

Deno.test("TroubleLimit reports two causes that end with one success as one end", () => {
  const limit = new TroubleLimit();
  limit.trouble(pull("p/a", 0), 0);
  const other = { what: "SLS at h", kind: "server" };
  assert.ok(limit.trouble(pull("p/a", 0, { cause: other }), 1000), "another cause is news");
  const end = limit.recovered("p/a shard 0: pull", 4000);
  assert.deepEqual(end && [end.times, end.lastedMs, end.what], [2, 4000, undefined]);
  assert.equal(limit.recovered("p/a shard 0: pull", 5000), undefined);
});

Deno.test("TroubleLimit does not wait for those that have not been heard of for minutes", () => {
  const limit = new TroubleLimit();
  limit.trouble(pull("p/a", 0), 0); // of a worker that dies then
  limit.trouble(pull("p/a", 1), 400_000);
  assert.ok(limit.recovered("p/a shard 1: pull", 401_000));
});

Deno.test("TroubleLimit takes a failure that was silent for long as news", () => {
  const limit = new TroubleLimit();
  limit.trouble(pull("p/a", 0), 0);
  const again = limit.trouble(pull("p/a", 0), 3_600_000);
  assert.deepEqual(again && [again.times, again.lastedMs], [1, 0]);
});
