import assert from "node:assert/strict";
import { oidcToken } from "../../src/sls/oidc_token.ts";
import { StsError } from "../../src/sls/sts_error.ts";

Deno.test("oidcToken() reads the file each time, without what is around the token", () => {
  const texts = [" aGVh.cGF5.c2ln\n", "\uFEFFaGVh.cGF5.bmV3\r\n"];
  const read = () => oidcToken("/token", () => texts.shift()!).reveal();
  assert.deepEqual([read(), read()], ["aGVh.cGF5.c2ln", "aGVh.cGF5.bmV3"]);
});

const refused: [what: string, text: string, message: RegExp][] = [
  ["an empty file", " \n", /found nothing: it is empty/],
  ["a text that is too short", "abc", /found text of 3 characters/],
  [
    "a text that is too long",
    "x".repeat(20_001),
    /text of 20,001 characters; expected .* 4 to 20000/,
  ],
  ["two tokens", "aaaa.bbbb.cccc dddd", /found text of 19 characters/],
];
for (const [what, text, message] of refused) {
  Deno.test(`oidcToken() refuses ${what}, and repeats nothing of it`, () => {
    assert.throws(() => oidcToken("/run/token", () => text), (error) => {
      assert.ok(error instanceof StsError);
      assert.match(error.message, /^Cannot use the token in \/run\/token: /);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /aaaa|xxx/);
      return true;
    });
  });
}

Deno.test("oidcToken() says why a file cannot be read", () => {
  const read = () => {
    throw new Error("no such file");
  };
  assert.throws(() => oidcToken("/run/token", read), /Cannot read \/run\/token: no such file/);
});
