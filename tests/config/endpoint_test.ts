import assert from "node:assert/strict";
import { parseEndpoint, projectAddress, regionOf } from "../../src/config/types/urls.ts";

const addresses: [endpoint: string, connected: string, origin: string, hostHeader: string][] = [
  [
    "cn-hangzhou",
    "p.cn-hangzhou.log.aliyuncs.com:443",
    "https://p.cn-hangzhou.log.aliyuncs.com",
    "p.cn-hangzhou.log.aliyuncs.com",
  ],
  [
    "CN-Hangzhou.log.aliyuncs.com",
    "p.cn-hangzhou.log.aliyuncs.com:443",
    "https://p.cn-hangzhou.log.aliyuncs.com",
    "p.cn-hangzhou.log.aliyuncs.com",
  ],
  [
    "http://cn-hangzhou-intranet.log.aliyuncs.com/",
    "p.cn-hangzhou-intranet.log.aliyuncs.com:80",
    "http://p.cn-hangzhou-intranet.log.aliyuncs.com",
    "p.cn-hangzhou-intranet.log.aliyuncs.com",
  ],
  [
    "https://log-global.aliyuncs.com:443",
    "p.log-global.aliyuncs.com:443",
    "https://p.log-global.aliyuncs.com",
    "p.log-global.aliyuncs.com",
  ],
  ["gateway:8443", "p.gateway:8443", "https://p.gateway:8443", "p.gateway:8443"],
  ["my-gateway:8443", "p.my-gateway:8443", "https://p.my-gateway:8443", "p.my-gateway:8443"],
  ["http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080", "p.127.0.0.1:8080"],
  ["127.0.0.1", "127.0.0.1:443", "https://127.0.0.1", "p.127.0.0.1"],
  ["localhost:8080", "localhost:8080", "https://localhost:8080", "p.localhost:8080"],
  ["http://[0:0::1]:8080", "[::1]:8080", "http://[::1]:8080", "p.[::1]:8080"],
];
for (const [text, connected, origin, hostHeader] of addresses) {
  Deno.test(`projectAddress() of ${text} connects to ${connected}`, () => {
    const endpoint = parseEndpoint(text);
    assert.ok(endpoint);
    const address = projectAddress(endpoint, "p");
    assert.equal(`${address.connectHost}:${address.port}`, connected);
    assert.equal(address.origin, origin);
    assert.equal(address.hostHeader, hostHeader);
    const url = new URL(`${address.origin}/logstores`); // what fetch will make of it
    assert.equal(url.hostname, address.connectHost);
    assert.equal(`${url.protocol}//`, `${address.scheme}://`);
  });
}

const wrong = [
  "",
  " ",
  "ftp://cn-hangzhou.log.aliyuncs.com",
  "https://",
  "https://user@cn-hangzhou.log.aliyuncs.com",
  "https://:pw@cn-hangzhou.log.aliyuncs.com",
  "cn-hangzhou.log.aliyuncs.com/logstores",
  "cn-hangzhou.log.aliyuncs.com?x",
  "cn-hangzhou.log.aliyuncs.com#x",
  "host:0",
  "host:65536",
  "host:port",
  "::1",
  "a b",
  "a\tb",
  "a\\b",
  "https://a%00b",
  "h".repeat(3_000),
];
for (const text of wrong) {
  Deno.test(`parseEndpoint() refuses ${JSON.stringify(text.slice(0, 50))}`, () => {
    assert.equal(parseEndpoint(text), undefined);
  });
}

const regions: [endpoint: string, region: string | undefined][] = [
  ["cn-hangzhou", "cn-hangzhou"],
  ["cn-hangzhou.log.aliyuncs.com", "cn-hangzhou"],
  ["cn-hangzhou-intranet.log.aliyuncs.com", "cn-hangzhou"],
  ["cn-hangzhou-internal.log.aliyuncs.com", "cn-hangzhou"],
  ["ap-southeast-1-share.log.aliyuncs.com", "ap-southeast-1"],
  ["cn-beijing-vpc.sls.aliyuncs.com", "cn-beijing"],
  ["log-global.aliyuncs.com", undefined],
  ["127.0.0.1:8080", undefined],
  ["sls.example.com", undefined],
];
for (const [text, region] of regions) {
  Deno.test(`regionOf() ${text} is ${region}`, () => {
    const endpoint = parseEndpoint(text);
    assert.ok(endpoint);
    assert.equal(regionOf(endpoint), region);
  });
}
