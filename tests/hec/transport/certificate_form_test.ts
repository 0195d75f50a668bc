import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { certificateForm } from "../../../src/hec/transport/certificate_form.ts";
import { checkByAuthorities, isUnproven } from "../../../src/hec/transport/server_certificate.ts";
import { Authority, LOCAL } from "../../support/authority.ts";
import { NAMED, NAMELESS } from "../certificates.ts";

const derOf = (pem: string) => new Uint8Array(new X509Certificate(pem).raw);
const authority = new Authority("Test CA");

const good: [what: string, pem: string, version: number][] = [
  ["a certificate of version 3", NAMED.cert, 3],
  ["one without a name", NAMELESS.cert, 3],
  ["one that an RSA key has signed", authority.sign({ names: LOCAL }).cert, 3],
  ["an authority's own", authority.cert, 3],
  ["one of version 1", authority.sign({ version: 1 }).cert, 1],
];
for (const [what, pem, version] of good) {
  Deno.test(`certificateForm() reads ${what}`, () => {
    assert.deepEqual(certificateForm(derOf(pem)), { version });
  });
}

const der = derOf(NAMED.cert);
/** Where the elements behind the signed part begin: the algorithm, and the signature. */
const algorithmAt = 4 + 4 + (der[6]! << 8) + der[7]!;
const signatureAt = algorithmAt + 2 + der[algorithmAt + 1]!;
const changed = (at: number, byte: number) => der.with(at, byte);
const bytes = (...parts: (Uint8Array | number[])[]) =>
  new Uint8Array(parts.flatMap((part) => [...part]));
const long = (length: number) => [0x30, 0x83, 0, length >> 8, length & 0xff];

/** What is signed is whole in each of them, so that the signature is good. */
const malformed: [what: string, der: Uint8Array][] = [
  ["whose outermost tag is of another class", changed(0, 0xb0)],
  ["whose outermost tag is of a set", changed(0, 0x31)],
  ["whose length is too short", changed(3, der[3]! - 1)],
  ["whose length is too long", changed(3, der[3]! + 1)],
  ["whose length takes more bytes than it needs", bytes(long(der.length - 4), der.subarray(4))],
  ["whose length is not given", bytes([0x30, 0x80], der.subarray(4), [0, 0])],
  ["with something behind it", bytes(der, [0])],
  ["that is cut", der.subarray(0, -1)],
  ["whose signed part has another tag", changed(4, 0xb0)],
  ["whose algorithm has another tag", changed(algorithmAt, 0x31)],
  ["that names another algorithm", changed(signatureAt - 1, 0x03)],
  ["whose signature has another tag", changed(signatureAt, 0x04)],
  ["whose signature has bits too many", changed(signatureAt + 2, 1)],
  ["without anything", new Uint8Array(0)],
  ["of a tag alone", new Uint8Array([0x30])],
];
for (const [what, raw] of malformed) {
  Deno.test(`with a CA file a certificate is refused ${what}`, () => {
    const { validFrom, validTo } = new X509Certificate(NAMED.cert);
    const check = checkByAuthorities([NAMED.cert], () => assert.fail("it is no warning's matter"));
    const shown = { subjectaltname: "DNS:localhost", valid_from: validFrom, valid_to: validTo };
    const checkOf = (raw: Uint8Array) =>
      check("localhost", { ...shown, raw: Buffer.from(raw) } as unknown as PeerCertificate);
    assert.equal(checkOf(der), undefined, "as it is, it is good");
    assert.match(checkOf(raw)?.message ?? "", /^invalid peer certificate/);
    assert.equal(certificateForm(raw), undefined);
    assert.ok(isUnproven({ raw: Buffer.from(raw) } as PeerCertificate));
  });
}
