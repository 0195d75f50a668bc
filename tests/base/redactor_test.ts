import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "../../src/workers/serialize.ts";
import { liveSecrets, Redactor } from "../../src/base/redactor.ts";
import { Secret } from "../../src/base/secret.ts";

const TOKEN = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0";
/** What every encoding changes: quotes, slashes, blanks, signs of HTML and of URLs, and two bytes a letter. */
const AWKWARD = `pä"ss'w\\o/r d+&<>=%é_-`;

const base64 = (text: string) => Buffer.from(text).toString("base64");
const everyUnit = (text: string, form: (code: number) => string) =>
  Array.from(text, (c) => form(c.charCodeAt(0))).join("");
const bytesOf = (text: string) => [...Buffer.from(text)];
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");

const forms: [form: string, text: (secret: string) => string][] = [
  ["as it is", (s) => s],
  ["in upper case", (s) => s.toUpperCase()],
  ["in lower case", (s) => s.toLowerCase()],
  ["without its hyphens", (s) => s.replaceAll("-", "")],
  ["in Base64", base64],
  ["in Base64 without padding", (s) => base64(s).replaceAll("=", "")],
  ["in Base64 for URLs", (s) => Buffer.from(s).toString("base64url")],
  ["in Base64 behind one byte", (s) => base64(`:${s}`)],
  ["in Base64 behind two bytes", (s) => base64(`x:${s}`)],
  ["in Base64 before others", (s) => base64(`user:${s} and more`)],
  ["in Base64 on two lines", (s) => base64(s).replace(/^.{9}/, "$&\r\n")],
  ["in Base64 that is escaped in a URL", (s) => encodeURIComponent(base64(s))],
  ["in hex", (s) => Buffer.from(s).toString("hex")],
  ["in hex as a dump shows it", (s) => bytesOf(s).map((byte) => hex(byte, 2)).join(" ")],
  ["in hex with colons", (s) => bytesOf(s).map((byte) => hex(byte, 2)).join(":").toUpperCase()],
  ["in hex with hyphens", (s) => bytesOf(s).map((byte) => hex(byte, 2)).join("-")],
  ["in hex of upper case", (s) => Buffer.from(s).toString("hex").toUpperCase()],
  ["percent-encoded", encodeURIComponent],
  ["percent-encoded by lower-case digits", (s) => encodeURIComponent(s).toLowerCase()],
  ["percent-encoded whole", (s) => bytesOf(s).map((byte) => `%${hex(byte, 2)}`).join("")],
  ["percent-encoded twice", (s) => encodeURIComponent(encodeURIComponent(s))],
  ["as a JSON string", (s) => JSON.stringify(s)],
  ["as a JSON string with escaped slashes", (s) => JSON.stringify(s).replaceAll("/", "\\/")],
  ["as a JSON string in one", (s) => JSON.stringify(JSON.stringify(s))],
  ["as escapes of JSON", (s) => everyUnit(s, (code) => `\\u${hex(code, 4)}`)],
  ["as escapes of JavaScript", (s) => everyUnit(s, (code) => `\\x${hex(code, 2)}`)],
  ["as escapes with braces", (s) => everyUnit(s, (code) => `\\u{${hex(code, 1)}}`)],
  ["in HTML", (s) =>
    s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;").replaceAll("'", "&#39;")],
  ["as decimal references of HTML", (s) => everyUnit(s, (code) => `&#${code};`)],
  ["as hexadecimal references of HTML", (s) => everyUnit(s, (code) => `&#x${hex(code, 4)};`)],
  ["with zero-width characters in it", (s) => [...s].join("\u200b")],
  ["read as Latin-1", (s) => Buffer.from(s).toString("latin1")],
];
for (const secret of [TOKEN, AWKWARD, "12345678", "50%41&amp;\\u0041 and more", "a".repeat(4000)]) {
  const redactor = new Redactor();
  redactor.add(secret);
  for (const [form, text] of forms) {
    const name = `Redactor takes out ${secret.slice(0, 40)} ${form}`;
    Deno.test(name, () => {
      const redacted = redactor.redact(`refused ${text(secret)}; try later`);
      assert.match(redacted, /^refused "?\\?"?\[secret\]\\?"?"?; try later$/);
    });
  }
}

Deno.test("Redactor takes out all secrets that it knows, each time, and nothing else", () => {
  const redactor = new Redactor();
  redactor.add("first-secret");
  redactor.add("second-secret");
  assert.equal(
    redactor.redact("a first-secret, second-secret;\nfirst-secret 100 % \\ & b"),
    "a [secret], [secret];\n[secret] 100 % \\ & b",
  );
});

const kept: [what: string, text: string][] = [
  ["what is like a beginning of it", "internal server error"],
  ["what is like an end of it", "the server-1 is busy"],
  ["an empty text", ""],
  ["escapes of other texts", "50%25 of &amp; \\u0041 \\"],
];
for (const [what, text] of kept) {
  Deno.test(`Redactor leaves ${what} alone`, () => {
    const redactor = new Redactor();
    redactor.add("internal-server-1");
    assert.equal(redactor.redact(text), text);
    assert.equal(redactor.redact(`${text} `, true), `${text} `);
  });
}

const cuts: [where: string, text: string, cut: boolean, expected: string][] = [
  ["at the end of a text that was cut", `bad ${TOKEN.slice(0, 8)}`, true, "bad [secret]"],
  ["at the end, all but one", `bad ${TOKEN.slice(0, -1)}`, true, "bad [secret]"],
  ["at the beginning", `${TOKEN.slice(-9)} is bad`, true, "[secret] is bad"],
  ["before three dots", `bad ${TOKEN.slice(0, 10)}...`, false, "bad [secret]..."],
  ["before an ellipsis", `bad ${TOKEN.slice(0, 10)}…`, false, "bad [secret]…"],
  ["around stars", `${TOKEN.slice(0, 8)}****${TOKEN.slice(-8)}`, false, "[secret]****[secret]"],
  ["in Base64", `bad ${base64(`x:${TOKEN}`).slice(0, 20)}`, true, "bad [secret]"],
  ["percent-encoded", `bad ${encodeURIComponent(TOKEN).slice(0, 12)}`, true, "bad [secret]"],
  [
    "in the midst of a foreign text",
    `${TOKEN.slice(0, 12)}x ${TOKEN.slice(-12)} is bad`,
    true,
    "[secret]x [secret] is bad",
  ],
  [
    "in the midst of another text",
    `${TOKEN.slice(0, 12)} is bad`,
    false,
    `${TOKEN.slice(0, 12)} is bad`,
  ],
  ["to 7 characters", `bad ${TOKEN.slice(0, 7)}`, true, `bad ${TOKEN.slice(0, 7)}`],
  ["where nothing was cut", `bad ${TOKEN.slice(0, 9)}`, false, `bad ${TOKEN.slice(0, 9)}`],
];
for (const [where, text, cut, expected] of cuts) {
  Deno.test(`Redactor takes out a part of a secret ${where}`, () => {
    const redactor = new Redactor();
    redactor.add(TOKEN);
    assert.equal(redactor.redact(text, cut), expected);
  });
}

Deno.test("Redactor does not look for secrets of less than 8 bytes", () => {
  const redactor = new Redactor();
  redactor.add("1234567");
  redactor.add("ééé");
  redactor.add("éééé");
  assert.equal(redactor.redact("1234567 ééé éééé"), "1234567 ééé [secret]");
});

Deno.test("Redactor keeps replaced secrets back until 512 others have been used since", () => {
  const redactor = new Redactor();
  redactor.add("the-steady-one");
  redactor.add("the-old-secret");
  for (let i = 0; i < 511; i++) {
    redactor.add(`renewed-${i}-xx`);
    redactor.add("the-steady-one"); // it is in use
    if (i === 508) assert.equal(redactor.redact("the-old-secret"), "[secret]");
  }
  assert.equal(redactor.redact("the-old-secret"), "the-old-secret");
  assert.equal(redactor.redact("the-steady-one"), "[secret]");
});

Deno.test("Redactor forgets what it knows when it is cleared", () => {
  const redactor = new Redactor();
  redactor.add("a-known-secret");
  redactor.clear();
  assert.equal(redactor.redact("a-known-secret"), "a-known-secret");
});

Deno.test("a Secret is taken out of texts from when it is made, also in another isolate", () => {
  new Secret("made-by-a-constructor");
  assert.equal(liveSecrets.redact("so made-by-a-constructor"), "so [secret]");
  const posted = serialize({ login: new Secret("pw", "a-user-name") });
  const login = "it is a-user-name:pw";
  assert.equal(liveSecrets.redact(login), "it is [secret]");
  assert.equal(liveSecrets.redact(`Basic ${base64("a-user-name:pw")}`), "Basic [secret]");
  const { login: back } = deserialize(posted) as { login: Secret };
  assert.deepEqual([back.reveal(), back.username], ["pw", "a-user-name"]);
});

Deno.test("Redactor is fast, however long a text and a secret are", () => {
  const redactor = new Redactor();
  for (let i = 0; i < 64; i++) redactor.add(`${i}-${"ab".repeat(500)}`);
  const begun = performance.now();
  redactor.redact(`${"ab".repeat(2000)}${"%61".repeat(600)}`, true);
  redactor.redact("ab**".repeat(1000), true);
  assert.ok(performance.now() - begun < 2000);
});
