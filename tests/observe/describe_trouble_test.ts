import assert from "node:assert/strict";
import { describeEvent } from "../../src/observe/describe_event.ts";

const trouble = {
  type: "trouble",
  about: "p/l shard 3: pull",
  message: "Connection refused",
  hint: "Check the firewall",
  retryInMs: 1500,
} as const;
const recovered = { type: "recovered", about: trouble.about } as const;
const lastedMs = 61_000;

Deno.test("A failure says what failed, when it is tried next and what to do", () => {
  const { level, message } = describeEvent(trouble);
  assert.equal(level, "warning");
  assert.equal(
    message,
    "p/l shard 3: pull: Connection refused; next try in 1.5 s. Hint: Check the firewall",
  );
});

Deno.test("A failure that lasts says how often it came and what it affects", () => {
  const { message } = describeEvent(trouble, { times: 143, shards: 17, sources: 3, lastedMs });
  assert.match(
    message,
    /refused \(143 times since the last report, 17 shards of 3 sources\); next/,
  );
});

Deno.test("A held source is an error", () => {
  const { level, message } = describeEvent({ ...trouble, held: true });
  assert.equal(level, "error");
  assert.match(message, /^p\/l shard 3: pull: HELD: /);
});

Deno.test("An end says how long it lasted, how often it failed, and what works again for all", () => {
  assert.equal(
    describeEvent(recovered, { times: 1, shards: 1, sources: 1, lastedMs: 500 }).message,
    "p/l shard 3: pull: works again after 1 s; it had failed once",
  );
  const many = { times: 143, shards: 17, sources: 3, lastedMs, what: "SLS at h" };
  assert.equal(
    describeEvent(recovered, many).message,
    "SLS at h: works again after 61 s; it had failed 143 times, 17 shards of 3 sources",
  );
  const sources = { times: 9, shards: 0, sources: 2, lastedMs, what: "HEC at h" };
  assert.match(describeEvent(recovered, sources).message, /failed 9 times, 2 sources$/);
});

const parked = {
  type: "parked",
  source: "p/l",
  shard: 3,
  cursor: "MTAw",
  reason: "refused",
  status: 400,
  code: 6,
  text: "Invalid data format",
  folder: "/var/lib/parked",
} as const;

Deno.test("A parked event is a warning with HEC's answer, its place and the folder", () => {
  const { level, message } = describeEvent(parked);
  assert.equal(level, "warning");
  assert.match(
    message,
    /^p\/l: parked 1 event at shard 3 cursor MTAw: HEC answered 400, code 6 "Invalid data format"\. It is kept in \/var\/lib\/parked\. Hint: /,
  );
});

Deno.test("Parked events that come on are counted", () => {
  const { message } = describeEvent(parked, { times: 250, shards: 4, sources: 1, lastedMs });
  assert.match(message, /^p\/l: parked 250 events of 4 shards since the last report, the last at /);
});

Deno.test("An event that is too large names every limit that may be the reason", () => {
  const { message } = describeEvent({ ...parked, reason: "too_large", status: 413 });
  assert.match(message, /Hint: .*maxEventSize .*max_content_length.*gateway.*hec\.max_event_bytes/);
});

Deno.test("An event that was never sent is parked with the reason why", () => {
  const tooLong = { ...parked, reason: "oversize", status: 0, code: undefined } as const;
  const { message } = describeEvent({ ...tooLong, text: "it is too long" });
  assert.match(message, /cursor MTAw: it is too long\. It is kept in/);
});
