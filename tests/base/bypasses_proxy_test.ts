import assert from "node:assert/strict";
import { bypassesProxy } from "../../src/base/bypasses_proxy.ts";

const cases: [entries: string[], host: string, port: number, direct: boolean][] = [
  [[], "splunk.example.com", 8088, false],
  [["*"], "splunk.example.com", 8088, true],
  [["splunk.example.com"], "splunk.example.com", 8088, true],
  [["example.com"], "splunk.example.com", 8088, true],
  [[".example.com"], "splunk.example.com", 8088, true],
  [["*.example.com"], "splunk.example.com", 8088, true],
  [["ample.com"], "splunk.example.com", 8088, false],
  [["splunk.example.com:8088"], "splunk.example.com", 8088, true],
  [["splunk.example.com:443"], "splunk.example.com", 8088, false],
  [["localhost", "10.0.0.7"], "10.0.0.7", 8088, true],
  [["10.0.0.7"], "10.0.0.70", 8088, false],
  [["::1"], "[::1]", 8088, true],
  [["[::1]"], "[::1]", 8088, true],
  [["[::1]:8088"], "[::1]", 8088, true],
  [["[::1]:443"], "[::1]", 8088, false],
  [["."], "splunk.example.com", 8088, false],
  [["10.0.0.0/8"], "10.255.0.7", 8088, true],
  [["10.0.0.0/8"], "11.0.0.7", 8088, false],
  [["10.1.2.3/8"], "10.255.0.7", 8088, true],
  [["192.168.4.0/22"], "192.168.7.255", 443, true],
  [["192.168.4.0/22"], "192.168.8.0", 443, false],
  [["10.0.0.7/32"], "10.0.0.7", 443, true],
  [["10.0.0.7/32"], "10.0.0.6", 443, false],
  [["0.0.0.0/0"], "203.0.113.9", 443, true],
  [["0.0.0.0/0"], "[2001:db8::1]", 443, false],
  [["fd00::/8"], "[fdab:1::7]", 8088, true],
  [["fd00::/8"], "[fe80::7]", 8088, false],
  [["2001:db8:0:f000::/52"], "[2001:db8:0:ffff::1]", 8088, true],
  [["2001:db8:0:f000::/52"], "[2001:db8:0:efff::1]", 8088, false],
  [["::/0"], "[2001:db8::1]", 443, true],
  [["::/0"], "10.0.0.7", 443, false],
  [["10.0.0.0/8"], "[::ffff:a00:7]", 443, true],
  [["::ffff:10.0.0.0/104"], "10.9.9.9", 443, true],
  [["10.0.0.0/8"], "10.example.com", 443, false],
  [["10.0.0.0/8"], "splunk.example.com", 443, false],
  [["0.0.0.0/0"], "splunk.example.com", 443, false],
  [["2001:db8:0:0::1"], "[2001:db8::1]", 443, true],
  [["0.7"], "10.0.0.7", 443, false],
];
for (const [entries, host, port, direct] of cases) {
  Deno.test(`no_proxy "${entries}": ${host}:${port} is reached ${direct ? "directly" : "through the proxy"}`, () => {
    assert.equal(bypassesProxy(entries, host, port), direct);
  });
}
