import assert from "node:assert/strict";
import { good, goods, poison, type TestEvent } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

const TOKEN = { token: "t", indexes: ["main", "fallback"] };

function indexesOf(harness: HecHarness): Record<string, string> {
  return Object.fromEntries(
    harness.hec.events.map(({ fields, index }) => [fields!["sls_id"], index]),
  );
}

/** Five events of which those at the places name an index that the token does not allow. */
function withRefused(places: readonly number[]): TestEvent[] {
  return goods(5).map(({ id }, i) => good(id, places.includes(i) ? "secret" : "main"));
}

for (const useAck of [false, true]) {
  for (const places of [[0], [2], [4], [1, 3], [0, 1, 2, 3, 4]]) {
    Deno.test(`HecClient sends on to the fallback index from a refused index at ${places} of 5, acks ${useAck}`, async () => {
      await using harness = new HecHarness({
        emulators: [{ tokens: [{ ...TOKEN, useAck }] }],
        client: { ack: useAck ? "on" : "off" },
        source: { fallbackIndex: "fallback" },
      });
      const events = withRefused(places);
      const { parked, resends } = await harness.deliver(events);
      assert.deepEqual(parked, []);
      assert.equal(resends, 1); // what follows the first refused one goes to the fallback index
      harness.assertComplete(events);
      const indexes = indexesOf(harness);
      for (const [i, { id }] of events.entries()) {
        assert.equal(indexes[id], i < places[0]! ? "main" : "fallback");
      }
      const trouble = harness.troubles().find(({ about }) => about === "p/l: index secret");
      assert.match(trouble!.message, /index "secret" of p\/l.* fallback index "fallback"$/);
    });
  }
}

Deno.test("HecClient holds the source on a refused index without a fallback, and names all of it", async () => {
  await using harness = new HecHarness({
    emulators: [{ tokens: [TOKEN] }],
    client: { ack: "off" },
    speed: 300,
  });
  const events = withRefused([2]);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().length === 3);
  assert.deepEqual([...harness.indexed().keys()], ["e0", "e1"]);
  for (const { message, hint, held } of harness.troubles()) {
    assert.equal(held, true);
    assert.match(
      message,
      /^Cannot deliver the event at p\/l shard 3 cursor c2 to http:\S+: HEC answered 400, code 7 "Incorrect index"; its index is "secret"$/,
    );
    assert.match(hint, /^The source is held and keeps its logs\. .* hec\.fallback_index$/);
  }
  harness.hec.tokens.set("t", { token: "t" });
  assert.deepEqual((await delivery).parked, []);
  harness.assertComplete(events);
  assert.equal(indexesOf(harness)["e2"], "secret");
});

Deno.test("HecClient holds the source when the fallback index is refused too", async () => {
  const token = { token: "t", indexes: ["main"] };
  await using harness = new HecHarness({
    emulators: [{ tokens: [token] }],
    client: { ack: "off" },
    source: { fallbackIndex: "fallback" },
    speed: 300,
  });
  const events = withRefused([1, 2]);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().filter(({ held }) => held).length === 3);
  const held = harness.troubles().find((trouble) => trouble.held);
  assert.ok(held!.message.endsWith('its index is "fallback"'));
  harness.hec.tokens.set("t", TOKEN);
  await delivery;
  harness.assertComplete(events);
});

Deno.test("HecClient holds the source when the token refuses its own index", async () => {
  const token = { token: "t", index: "lost", indexes: ["main"] };
  await using harness = new HecHarness({
    emulators: [{ tokens: [token] }],
    source: { fallbackIndex: "main" },
    speed: 300,
  });
  const events = [...goods(3, "named", "main"), ...goods(3, "unnamed")];
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().length === 2);
  assert.ok(harness.troubles()[0]!.message.includes("its index is the default"));
  assert.deepEqual([...harness.indexed().keys()].sort(), ["named0", "named1", "named2"]);
  harness.hec.tokens.set("t", { token: "t", index: "main", indexes: ["main"] });
  await delivery;
  assert.deepEqual([...harness.parked.keys()], []);
  // The number meant an event without an index, so that it was not relied upon.
  harness.assertComplete(events, events);
});

Deno.test("HecClient parks poison among events that go to the fallback index, as they were sent", async () => {
  await using harness = new HecHarness({
    emulators: [{ tokens: [TOKEN] }],
    client: { ack: "off" },
    source: { fallbackIndex: "fallback" },
  });
  const bad = poison("bad", 13);
  const named = { id: "bad", text: bad.text.replace('"fields"', '"index":"secret","fields"') };
  const events = [good("a", "secret"), named, good("b", "secret")];
  const { parked } = await harness.deliver(events);
  assert.deepEqual(parked, [1]);
  harness.assertComplete(events);
  assert.equal(JSON.parse(harness.parked.get("bad")!.envelope).index, "fallback");
});
