import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Secret } from "../../src/base/secret.ts";

const VALUE = "hunter2-hunter2";
const secret = new Secret(VALUE);

const ways: [way: string, text: () => string][] = [
  ["a template", () => `${secret}`],
  ["joining strings", () => "token " + secret],
  ["String()", () => String(secret)],
  ["JSON", () => JSON.stringify({ secret, list: [secret] })],
  ["Deno.inspect", () => Deno.inspect({ nested: { secret } }, { depth: 10, showHidden: true })],
  ["inspect of node:util", () => inspect({ nested: { secret } }, { depth: 10, showHidden: true })],
  ["an error's message", () => new Error(`refused ${secret}`).message],
  ["its keys and values", () => JSON.stringify(Object.entries(secret))],
  ["a structured clone", () => Deno.inspect(structuredClone(secret), { showHidden: true })],
];
for (const [way, text] of ways) {
  Deno.test(`Secret does not show in ${way}`, () => {
    assert.ok(!text().includes("hunter2"), text());
  });
}

Deno.test("Secret does not show in console.log", async () => {
  const module = new URL("../../src/base/secret.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      `import { Secret } from ${JSON.stringify(module.href)};
      const secret = new Secret("${VALUE}");
      console.log(secret, { nested: [secret] }, "%s %o %O", secret, secret, secret);
      console.error(new Error("refused", { cause: secret }), [secret]);`,
    ],
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.match(text, /\[secret\].*nested.*\[secret\]/s);
  assert.ok(!text.includes("hunter2"), text);
});

Deno.test("Secret says that it is one", () => {
  assert.equal(`${secret}`, "[secret]");
  assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}');
  assert.equal(Deno.inspect(secret), "[secret]");
  assert.equal(inspect(secret), "[secret]");
});

Deno.test("Secret.reveal() gives the value", () => {
  assert.equal(secret.reveal(), VALUE);
});
