import assert from "node:assert/strict";
import { sameText } from "../../src/observe/same_text.ts";

const SAME: readonly (readonly [what: string, a: string, b: string])[] = [
  ["request ids", "SLS answered 500 (request id 6A1B)", "SLS answered 500 (request id 9F-x)"],
  ["numbers", "Cannot write 3 dead letters", "Cannot write 27 dead letters"],
  ["cursors", "at cursor MTU5NjA3Mjk4Mw==", "at cursor QmFzZUFiY0RlZg=="],
  [
    "signatures",
    'SignatureNotMatch "signature rnbd+AgZKlmHfiRTvbOjLmk/Qcw= does not match"',
    'SignatureNotMatch "signature AbCdEfGhIjKlMnOpQrStUvWxYza= does not match"',
  ],
  [
    "signatures without padding",
    "signature AbCdEfGhIjKlMnOpQrStUvWxYzab differs",
    "signature zyXwVuTsRqPoNmLkJiHgFeDcBaZY differs",
  ],
  ["hex digests", "signed 0a4f9c77 differs", "signed ffee0012 differs"],
  [
    "dates of HTTP",
    "at Mon, 30 Nov 2026 16:47:54 GMT it was",
    "at Tue, 01 Dec 2026 00:00:01 GMT it was",
  ],
  ["dates of ISO 8601", "at 2026-11-30T16:47:54Z", "at 2026-12-01T00:00:01.123Z"],
];

for (const [what, a, b] of SAME) {
  Deno.test(`sameText sees through ${what}`, () => assert.equal(sameText(a), sameText(b)));
}

const DIFFERENT: readonly (readonly [what: string, a: string, b: string])[] = [
  ["words", "Connection refused", "Connection reset"],
  ["error codes", "SLS answered SignatureNotMatch", "SLS answered Unauthorized"],
  ["names of indexes", 'its index is "audit"', 'its index is "main"'],
];

for (const [what, a, b] of DIFFERENT) {
  Deno.test(`sameText keeps ${what}`, () => assert.notEqual(sameText(a), sameText(b)));
}
