import { Secret } from "../../src/base/secret.ts";
import { readAcks } from "../../src/hec/ack/ack_poller.ts";
import { Channel } from "../../src/hec/ack/channel.ts";
import { readHecAnswer } from "../../src/hec/hec_answer.ts";
import { EcsMetadata } from "../../src/sls/ecs_metadata.ts";
import { parseCredentials } from "../../src/sls/parse_credentials.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { numbers, refused, testValues, text, used } from "./peer_values.ts";

const hec = (json: unknown, retryAfter: string | null = null) =>
  readHecAnswer(
    { status: 200, body: new TextEncoder().encode(JSON.stringify(json)), retryAfter },
    0,
  );

/** How the cookies of answers go back. */
function cookieAfter(...setCookies: string[]): string | undefined {
  const channel = new Channel("c", new Secret("t"), 0);
  channel.keepCookies(setCookies);
  return channel.cookie;
}

/** How a metadata service's role page is read. */
async function role(name: unknown): Promise<string> {
  const asked: string[] = [];
  const metadata = new EcsMetadata({
    role: undefined,
    url: "http://metadata",
    clock: new FakeClock(),
    fetch: (url, init) => {
      asked.push(String(url));
      if (init?.method === "PUT") return Promise.resolve(new Response(null, { status: 404 }));
      if (String(url).endsWith("/")) return Promise.resolve(new Response(String(name)));
      return Promise.resolve(
        new Response(JSON.stringify({ AccessKeyId: "i", AccessKeySecret: "s" })),
      );
    },
  });
  await metadata.credentials(new AbortController().signal);
  return asked.at(-1)!.replace(/.*\//, "");
}

/** The header of a metadata session; undefined when none is sent. */
async function session(token: unknown): Promise<string | undefined> {
  let sent: string | null = null;
  const metadata = new EcsMetadata({
    role: "r",
    url: "http://metadata",
    clock: new FakeClock(),
    fetch: (_url, init) => {
      if (init?.method === "PUT") return Promise.resolve(new Response(String(token)));
      sent = new Headers(init?.headers).get("x-aliyun-ecs-metadata-token");
      return Promise.resolve(
        new Response(JSON.stringify({ AccessKeyId: "i", AccessKeySecret: "s" })),
      );
    },
  });
  await metadata.credentials(new AbortController().signal);
  return sent ?? undefined;
}

const credentials = (more: object) =>
  parseCredentials(JSON.stringify({ AccessKeyId: "i", AccessKeySecret: "s", ...more }));

testValues([
  [
    "HEC code",
    (value) => hec({ code: value }).code,
    [
      [0, used(0)],
      [-1, used(undefined)],
      ["0", used(undefined)],
      [0.5, used(undefined)],
      [1e300, used(undefined)],
      [[0], used(undefined)],
    ],
  ],
  [
    "HEC text",
    (value) => hec({ code: 0, text: value }).text.length <= 201,
    [["Success", used(true)], [text(60_000), used(true)], [{ toString: 1 }, used(true)]],
  ],
  [
    "ackId",
    (value) => hec({ code: 0, ackId: value }).ackId,
    [
      [0, used(0)],
      ["17", used(17)],
      [-1, used(undefined)],
      [1.5, used(undefined)],
      ["9".repeat(400), used(undefined)],
      [1e300, used(undefined)],
      [[1], used(undefined)],
    ],
  ],
  [
    "invalid-event-number",
    (value) => hec({ code: 6, "invalid-event-number": value }).invalidEventNumber,
    [[0, used(0)], [-1, used(undefined)], ["0", used(undefined)], [0.5, used(undefined)]],
  ],
  [
    "Retry-After",
    (value) => hec({ code: 9 }, value as string).retryAfterMs,
    [
      ["1", used(1000)],
      ["300", used(300_000)],
      ["9".repeat(60_000), used(300_000)],
      ["-1", used(undefined)],
      ["1e9", used(undefined)],
      ["Sat, 13 Sep 275760 00:00:00 GMT", used(undefined)],
    ],
  ],
  [
    "acks",
    (value) => readAcks(new TextEncoder().encode(value as string)),
    [
      [`{"acks":{"0":true,"1":false,"2":"true","3":1}}`, used([0])],
      [`{"acks":{"-1":true,"1.5":true,"01":true,"${"9".repeat(400)}":true}}`, used([])],
      [`{"acks":{"__proto__":true,"constructor":true}}`, used([])],
      [`{"acks":[true]}`, used(undefined)],
      [`{"acks":{"0":true`, used(undefined)],
    ],
  ],
  [
    "cookie",
    (value) => cookieAfter(value as string)?.length,
    [
      [`a=${text(4094)}`, used(4096)],
      [`a=${text(4095)}`, used(undefined)],
      ["a b=1", used(undefined)],
      ["a=\u00e9", used(undefined)],
      [`a=1; Path=${text(10_000)}`, used(3)],
    ],
  ],
  [
    "number of cookies",
    (value) => cookieAfter(...numbers(value as number).map((i) => `c${i}=1`))?.split(";").length,
    [[1, used(1)], [20, used(20)], [100_000, used(20)]],
  ],
  [
    "length of all cookies",
    (value) =>
      (cookieAfter(...numbers(10).map((i) => `c${i}=${text(value as number)}`)) ?? "").length,
    [[800, used(8048)], [1000, used(8038)], [4000, used(8008)]],
  ],
  [
    "role of the metadata service",
    role,
    [
      ["forwarder", used("forwarder")],
      [text(128), used(text(128))],
      [text(129), refused(/names one of 129 characters that is not the name of a role/)],
      ["../x", refused(/names one of 4 characters/)],
      ["", refused(/names none/)],
    ],
  ],
  [
    "session of the metadata service",
    session,
    [
      [text(1024), used(text(1024))],
      [text(1025), used(undefined)],
      ["two words", used(undefined)],
    ],
  ],
  [
    "access key id",
    (value) => credentials({ AccessKeyId: value }).accessKeyId.length,
    [
      [text(512), used(512)],
      [
        text(513),
        refused(/AccessKeyId of 513 characters, which is not text of at most 512/),
      ],
      [{ a: 1 }, refused(/AccessKeyId that is an object/)],
    ],
  ],
  [
    "security token",
    (value) => credentials({ SecurityToken: value }).securityToken?.reveal().length,
    [
      [text(16_384), used(16_384)],
      [text(16_385), refused(/SecurityToken .* not text of at most 16384/)],
    ],
  ],
  [
    "end of credentials",
    (value) => credentials({ Expiration: value }).expiresAtMs,
    [
      ["2026-10-06T08:30:00Z", used(Date.UTC(2026, 9, 6, 8, 30))],
      ["9999-12-31T23:59:59Z", used(253_402_300_799_000)],
      ["+275760-09-13T00:00:00Z", refused(/an Expiration that is not a time/)],
      ["-000001-01-01T00:00:00Z", refused(/an Expiration that is not a time/)],
      [1_791_282_600, refused(/an Expiration that is not a time/)],
    ],
  ],
]);
