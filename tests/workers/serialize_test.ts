import assert from "node:assert/strict";
import { deserialize, serialize } from "../../src/workers/serialize.ts";
import { Secret } from "../../src/base/secret.ts";

Deno.test("deserialize() gives back what serialize() was given, after a structured clone", () => {
  const value = {
    token: new Secret("t\n"),
    list: [1, "a", undefined, null, { login: { password: new Secret("") } }],
    byTopic: new Map([["topic", ["field"]], ["other", []]]),
    huge: Infinity,
  };
  const posted = structuredClone(serialize(Object.freeze(value)));
  const back = deserialize(posted) as typeof value;
  assert.equal(back.token.reveal(), "t\n");
  const { login } = back.list[4] as { login: { password: Secret } };
  assert.equal(login.password.reveal(), "");
  assert.deepEqual(back.list.slice(0, 4), value.list.slice(0, 4));
  assert.deepEqual(back.byTopic, value.byTopic);
  assert.equal(back.huge, Infinity);
});

Deno.test("serialize() refuses what would not arrive as it is", () => {
  assert.throws(() => serialize({ at: new URL("https://a") }), /Cannot post a URL/);
});
