import assert from "node:assert/strict";
import { hecUrl, parseEndpoint, proxy, showUrl } from "../../src/config/types/urls.ts";

const bases: [text: string, base: string, host: string, port: number][] = [
  [
    "https://splunk.example.com:8088",
    "https://splunk.example.com:8088",
    "splunk.example.com",
    8088,
  ],
  ["https://Splunk.Example.com/", "https://splunk.example.com", "splunk.example.com", 443],
  ["HTTPS://h:443", "https://h", "h", 443],
  ["http://127.0.0.1:8088", "http://127.0.0.1:8088", "127.0.0.1", 8088],
  ["http://h", "http://h", "h", 80],
  ["https://[::1]:8088", "https://[::1]:8088", "[::1]", 8088],
  ["https://gateway/splunk/", "https://gateway/splunk", "gateway", 443],
];
for (const [text, base, host, port] of bases) {
  Deno.test(`hecUrl() reads ${text}`, () => {
    const url = hecUrl().parse(text);
    assert.deepEqual([url.base, url.host, url.port], [base, host, port]);
    assert.equal(url.scheme, base.split(":")[0]);
  });
}

const refused: [text: string, expected: RegExp][] = [
  ["splunk.example.com:8088", /^an absolute http or https URL/],
  ["ftp://h", /^an absolute/],
  ["https://", /^an absolute/],
  ["https://user:pw@h", /^an absolute/],
  ["https://us/er:pw@h/services/collector", /^an absolute/],
  ["https://h?token=x", /^an absolute/],
  ["https://h#x", /^an absolute/],
  ["https://h:99999", /^an absolute/],
  ["https://h:8088/services/collector/event", /^only the base URL.*:8088$/],
  ["https://h:8088/Services/Collector/", /: https:\/\/h:8088$/],
  ["https://h/prefix/services/collector/raw/1.0", /: https:\/\/h\/prefix$/],
];
for (const [text, expected] of refused) {
  Deno.test(`hecUrl() refuses ${text}`, () => {
    assert.match(hecUrl().safeParse(text).error?.issues[0]?.message ?? "", expected);
  });
}

const proxies: [text: string, url: string, login: [string, string] | undefined][] = [
  ["http://proxy", "http://proxy:80", undefined],
  ["https://proxy/", "https://proxy:443", undefined],
  ["socks5://Proxy", "socks5://proxy:1080", undefined],
  ["socks5://proxy:80", "socks5://proxy:80", undefined],
  ["http://user@proxy:3128", "http://proxy:3128", ["user", ""]],
  ["http://user:p%40ss%20word@proxy:3128", "http://proxy:3128", ["user", "p@ss word"]],
  ["http://[::1]:3128", "http://[::1]:3128", undefined],
];
for (const [text, url, login] of proxies) {
  Deno.test(`proxy() reads ${text}`, () => {
    const read = proxy().parse(text);
    assert.equal(read.url, url);
    assert.equal(`${read.host}:${read.port}`, url.split("//")[1]);
    assert.deepEqual(read.login && [read.login.username, read.login.password.reveal()], login);
  });
}

for (
  const text of ["proxy:3128", "ftp://proxy", "http://proxy/x", "http://:pw@p", "http://a%zz@p"]
) {
  Deno.test(`proxy() refuses ${text}`, () => {
    assert.ok(!proxy().safeParse(text).success);
  });
}

Deno.test("showUrl() hides user, password and query", () => {
  const urls = ["https://u:p/w@h:1/x?token=t#f", "u:p@h", "https://h/a"];
  assert.deepEqual(urls.map(showUrl), ["https://…@h:1/x?…", "…@h", "https://h/a"]);
});

const shownUrls: [text: string, shown: string][] = [
  ["http://user:SECRET#x@p", "http://…"],
  ["http://user:SECRET?x@p", "http://…"],
  ["http://user:SECRET/x@p:3128", "http://…@p:3128"],
  ["http://user:SECRET\\x@p", "http://…@p"],
  ["http://us@er:SECRET@p", "http://…@p"],
  ["user:SECRET", "…"],
  ["user:SECRET@host:3128", "…@host:3128"],
  ["http://user:SECRET@", "http://…"],
  ["http://host:8088x", "http://…"],
  ["https://host:8088/services/collector/event", "https://host:8088/services/collector/event"],
  ["https://host/B5A79AADD82246CC", "https://host/…"],
  ["https://[fd00::1]:8088?x", "https://[fd00::1]:8088?…"],
  ["ftp://host", "ftp://host"],
  ["splunk", "splunk"],
  ["", ""],
];
for (const [text, shown] of shownUrls) {
  Deno.test(`showUrl() shows of ${JSON.stringify(text)} what is no secret`, () => {
    assert.equal(showUrl(text), shown);
  });
}

/** Each would widen the grant, or is no host that DNS or a socket knows. */
const NO_HOSTS = [
  "a,b.example.com",
  "a.example.com,",
  "*",
  "*.example.com",
  "a*.example.com",
  "a%2Cb",
  "a%2A",
  "a b",
  "a..b",
  ".a",
  "a!b",
  "a'b",
  "a;b",
  "a=b",
  "$a",
  "a(b)",
  "[::1%25lo]",
  "[::1",
  "[127.0.0.1]",
  "256.1.1.1",
  `${"a".repeat(64)}.com`,
  `${"a.".repeat(130)}com`,
  "a:0",
  "a:65536",
  "a:-1",
  "a:80,b:81",
];
for (const host of NO_HOSTS) {
  Deno.test(`hosts: ${JSON.stringify(host.slice(0, 30))} is none, for no option`, () => {
    assert.ok(!hecUrl().safeParse(`https://${host}`).success);
    assert.ok(!proxy().safeParse(`http://${host}`).success);
    assert.equal(parseEndpoint(host), undefined);
    assert.equal(parseEndpoint(`http://${host}`), undefined);
  });
}

const HOSTS: [written: string, host: string][] = [
  ["splunk_1.example-corp.com", "splunk_1.example-corp.com"],
  ["10.0.0.7", "10.0.0.7"],
  ["127.1", "127.0.0.1"],
  ["0x7f.1", "127.0.0.1"],
  ["2130706433", "127.0.0.1"],
  ["[::FFFF:127.0.0.1]", "[::ffff:7f00:1]"],
  ["[fd00::0:1]", "[fd00::1]"],
  ["b\u00fccher.example", "xn--bcher-kva.example"],
  ["127.evil.example.com", "127.evil.example.com"],
];
for (const [written, host] of HOSTS) {
  Deno.test(`hosts: ${written} is ${host}, as it is connected to and granted`, () => {
    assert.equal(hecUrl().parse(`https://${written}:8088`).host, host);
    assert.equal(proxy().parse(`http://${written}:3128`).host, host);
    assert.equal(parseEndpoint(`${written}:8080`)?.host, host);
  });
}
