import assert from "node:assert/strict";
import { locationText } from "../../src/base/http_headers.ts";

const locations: [location: string, shown: string][] = [
  ["https://login.example.com/sso", "https://login.example.com/sso"],
  ["https://user:pass@login.example.com/sso?token=abc#x", "https://login.example.com/sso?…"],
  ["//user@other/path", "//other/path"],
  ["/en-US/account/login", "/en-US/account/login"],
  ["http://h/a\u001b[31m", "http://h/a\\x1b[31m"],
  [`http://h/${"x".repeat(300)}`, `http://h/${"x".repeat(191)}…`],
];

for (const [location, shown] of locations) {
  Deno.test(`locationText() of ${location.slice(0, 60)}`, () => {
    assert.equal(locationText(location), shown);
  });
}
