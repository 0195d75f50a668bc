import assert from "node:assert/strict";
import { fromPortable, toPortable } from "../../src/workers/portable.ts";
import { Secret } from "../../src/base/secret.ts";

Deno.test("fromPortable() gives back what toPortable() was given, after a structured clone", () => {
  const value = {
    token: new Secret("t\n"),
    list: [1, "a", undefined, null, { login: { password: new Secret("") } }],
    byTopic: new Map([["topic", ["field"]], ["other", []]]),
    huge: Infinity,
  };
  const posted = structuredClone(toPortable(Object.freeze(value)));
  const back = fromPortable(posted) as typeof value;
  assert.equal(back.token.reveal(), "t\n");
  const { login } = back.list[4] as { login: { password: Secret } };
  assert.equal(login.password.reveal(), "");
  assert.deepEqual(back.list.slice(0, 4), value.list.slice(0, 4));
  assert.deepEqual(back.byTopic, value.byTopic);
  assert.equal(back.huge, Infinity);
});

Deno.test("toPortable() refuses what would not arrive as it is", () => {
  assert.throws(() => toPortable({ at: new URL("https://a") }), /Cannot post a URL/);
});
