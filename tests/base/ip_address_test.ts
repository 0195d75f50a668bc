import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressRange,
  isIpAddress,
  isLoopback,
  isSameAddress,
  isWithin,
} from "../../src/base/ip_address.ts";

Deno.test("isIpAddress() and isSameAddress() know every address, as it is written and as a URL has it", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
    const host = new URL(`http://${text.includes(":") ? `[${text}]` : text}`).hostname;
    assert.ok(isIpAddress(text));
    assert.ok(isIpAddress(host));
    assert.ok(isSameAddress(text, host));
  }));
});

Deno.test("isSameAddress() distinguishes addresses, and knows an IPv4 address written as IPv6", () => {
  assert.ok(isSameAddress("::ffff:10.0.0.7", "10.0.0.7"));
  assert.ok(isSameAddress("10.0.0.7", "[::ffff:a00:7]"));
  assert.ok(!isSameAddress("10.0.0.7", "10.0.0.70"));
  assert.ok(!isSameAddress("::1", "::2"));
  assert.ok(!isSameAddress("host", "host"));
});

Deno.test("isLoopback() knows this machine's own addresses and name", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["128.0.0.1", "::2", "a.localhost", "[fe80::1]", ""]) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("isIpAddress() takes no name and no half address", () => {
  for (
    const text of [
      "",
      "host",
      "10.0.0",
      "10.0.0.256",
      "010.0.0.1",
      "1.2.3.4.5",
      "::g",
      "1::2::3",
      "fe80::1%eth0",
      "10.0.0.7 ",
    ]
  ) {
    assert.ok(!isIpAddress(text), text);
  }
});

Deno.test("isWithin() agrees with the addresses written as bits", () => {
  const bitsOf = (bytes: readonly number[]) =>
    bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(fc.property(address, address, fc.integer({ min: 0, max: 32 }), (a, b, bits) => {
    // The two have a prefix in common now and then.
    const [one, other] = [[...a], [...b].map((byte, i) => i < bits >> 3 ? a[i]! : byte)];
    const range = addressRange(`${one.join(".")}/${bits}`)!;
    const same = bitsOf(one).slice(0, bits) === bitsOf(other).slice(0, bits);
    assert.equal(isWithin(other.join("."), range), same);
  }));
});

Deno.test("addressRange() takes nothing that is no range", () => {
  for (
    const text of [
      "10.0.0.0",
      "10.0.0.0/",
      "10.0.0.0/33",
      "10.0.0.0/-1",
      "10.0.0.0/08",
      "10.0.0.0/8/8",
      "10.0.0.0/8:8088",
      "10.0.0.0/255.0.0.0",
      "10/8",
      "fd00::/129",
      "::ffff:10.0.0.0/95",
      "host/8",
      "/8",
    ]
  ) assert.equal(addressRange(text), undefined, text);
});
