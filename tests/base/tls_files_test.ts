import assert from "node:assert/strict";
import { checkKey, readCertificates } from "../../src/base/tls_files.ts";
import { Authority } from "../support/authority.ts";

const authority = new Authority("Test CA");
const own = authority.sign();
const other = authority.sign();

Deno.test("readCertificates reads each certificate, whatever is around them", () => {
  const text = `subject=/CN=one\r\n${own.cert}\n# the authority\n${authority.cert}${own.key}`;
  assert.deepEqual(readCertificates(text).map(({ subject }) => subject), [
    "CN=SplunkServerDefaultCert",
    "CN=Test CA",
  ]);
  assert.equal(readCertificates(authority.sign({ version: 1 }).cert).length, 1);
});

const unusable: [sentence: string, text: string, message: RegExp][] = [
  ["an empty text", "", /found no PEM certificate/],
  ["a private key", own.key, /found no PEM certificate/],
  ["what is no PEM", "\0\u{1}DER", /found no PEM certificate/],
  ["a certificate that is half written", own.cert.slice(0, 300), /certificate 1 is cut off/],
  ["a second one that is", own.cert + own.cert.slice(0, 300), /certificate 2 is cut off/],
  [
    "one whose middle is missing",
    own.cert.slice(0, 200) + own.cert.slice(400),
    /certificate 1 is damaged/,
  ],
];
for (const [sentence, text, message] of unusable) {
  Deno.test(`readCertificates refuses ${sentence}`, () => {
    assert.throws(() => readCertificates(text), message);
  });
}

Deno.test("no beginning of a PEM file is taken for the whole of it", () => {
  const ends = new Set([own.cert.trimEnd().length]);
  for (let length = 0; length < own.cert.trimEnd().length; length++) {
    if (ends.has(length)) continue;
    assert.throws(() => readCertificates(own.cert.slice(0, length)), `${length} characters`);
  }
});

Deno.test("checkKey takes the certificate's own key", () => {
  const [certificate] = readCertificates(own.cert);
  checkKey(certificate!, own.key);
  checkKey(certificate!, `Bag Attributes\n${own.cert}${own.key}`);
});

const wrongKeys: [sentence: string, key: string, message: RegExp][] = [
  ["another certificate's", other.key, /does not belong to the certificate/],
  ["one that is half written", own.key.slice(0, 500), /found no whole PEM private key/],
  ["an empty text", "", /found no whole PEM private key/],
  ["one that is damaged", own.key.slice(0, 100) + own.key.slice(200), /damaged/],
  [
    "one with a passphrase",
    own.key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    /encrypted/,
  ],
  [
    "one with a passphrase, as of old",
    own.key.replaceAll("PRIVATE KEY", "RSA PRIVATE KEY").replace(
      "-----\n",
      "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
    ),
    /encrypted/,
  ],
];
for (const [sentence, key, message] of wrongKeys) {
  Deno.test(`checkKey refuses ${sentence}, and repeats nothing of it`, () => {
    const [certificate] = readCertificates(own.cert);
    assert.throws(() => checkKey(certificate!, key), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, message);
      assert.equal(error.cause, undefined);
      assert.ok(!key || !error.message.includes(key.slice(40, 60)));
      return true;
    });
  });
}
