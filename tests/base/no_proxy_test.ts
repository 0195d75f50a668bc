import assert from "node:assert/strict";
import { goesDirect } from "../../src/base/no_proxy.ts";

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
];
for (const [entries, host, port, direct] of cases) {
  Deno.test(`no_proxy "${entries}": ${host}:${port} is reached ${direct ? "directly" : "through the proxy"}`, () => {
    assert.equal(goesDirect(entries, host, port), direct);
  });
}
