import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
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

const SEVERAL = { fallbackIndex: "fallback", namesSeveralIndexes: true };

/** The events that were counted as sent to the fallback index. */
function counted({ telemetry }: HecHarness): number[] {
  return telemetry.flatMap((event) => event.type === "index_fallback" ? event.events : []);
}

for (const useAck of [false, true]) {
  Deno.test(`HecClient sends events of other indexes as they are beside those of refused ones, and remembers these, acks ${useAck}`, async () => {
    await using harness = new HecHarness({
      emulators: [{ tokens: [{ ...TOKEN, useAck }] }],
      client: { ack: useAck ? "on" : "off" },
      source: SEVERAL,
    });
    const indexes = ["main", "x", "main", "y", "x", "main", undefined];
    const named = (name: string) => indexes.map((index, i) => good(`${name}${i}`, index));
    const [first, second] = [named("first"), named("second")];
    assert.equal((await harness.deliver(first)).resends, 2, "one for each refused index");
    const requests = harness.hec.requests.filter(({ kind }) => kind === "event").length;
    assert.equal((await harness.deliver(second)).resends, 0);
    const later = harness.hec.requests.filter(({ kind }) => kind === "event").length;
    assert.equal(later, requests + 1);
    harness.assertComplete([...first, ...second]);
    const sent = indexesOf(harness);
    for (const [i, index] of indexes.entries()) {
      const expected = index === "main" || index === undefined ? "main" : "fallback";
      assert.deepEqual([sent[`first${i}`], sent[`second${i}`]], [expected, expected], `${i}`);
    }
    assert.deepEqual(counted(harness), [3, 3]);
    assert.deepEqual(harness.troubles(), [], "nothing is held");
  });
}

Deno.test("HecClient tries refused indexes again with a new token", async () => {
  const tokens = [TOKEN, { ...TOKEN, token: "next", indexes: ["main", "fallback", "x"] }];
  let current = new Secret("t");
  await using harness = new HecHarness({
    emulators: [{ tokens }],
    client: {
      ack: "off",
      token: { current: () => Promise.resolve(current), newest: () => Promise.resolve(current) },
    },
    source: SEVERAL,
  });
  const resends: number[] = [];
  const deliver = async (name: string) => {
    const { resends: again } = await harness.deliver([
      good(`${name}0`, "x"),
      good(`${name}1`, "y"),
    ]);
    resends.push(again);
  };
  await deliver("a");
  await deliver("b");
  current = new Secret("next");
  await deliver("d"); // its answer shows the new token
  await deliver("e");
  assert.deepEqual(resends, [2, 0, 0, 1]);
  const sent = indexesOf(harness);
  assert.deepEqual(["a0", "b0", "d0", "e0", "e1"].map((id) => sent[id]), [
    ...Array(3).fill("fallback"),
    "x",
    "fallback",
  ]);
});

Deno.test("HecClient spends one refused request on a batch when a source names more refused indexes than are remembered", async () => {
  await using harness = new HecHarness({
    emulators: [{ tokens: [TOKEN] }],
    client: { ack: "off" },
    source: SEVERAL,
    speed: 1000,
  });
  const many = Array.from({ length: 1000 }, (_, i) => good(`many${i}`, `n${i}`));
  assert.equal((await harness.deliver(many)).resends, 1000);
  const more = [good("a", "main"), good("b", "z1"), good("c", "main"), good("d", "z2")];
  assert.equal((await harness.deliver(more)).resends, 1);
  harness.assertComplete([...many, ...more]);
  const sent = indexesOf(harness);
  assert.deepEqual(["a", "b", "c", "d"].map((id) => sent[id]), [
    "main",
    ...Array(3).fill("fallback"),
  ]);
});

Deno.test("HecClient holds a source of several indexes when the fallback index is refused", async () => {
  await using harness = new HecHarness({
    emulators: [{ tokens: [{ token: "t", indexes: ["main"] }] }],
    client: { ack: "off" },
    source: SEVERAL,
    speed: 300,
  });
  const events = [good("a", "main"), good("b", "x"), good("c", "main")];
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().some(({ held }) => held));
  harness.hec.tokens.set("t", TOKEN);
  await delivery;
  harness.assertComplete(events);
  assert.equal(indexesOf(harness)["b"], "fallback");
});
