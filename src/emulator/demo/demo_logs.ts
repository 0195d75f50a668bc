import { hex, ip, one, type Pick } from "../core/log_values.ts";
import type { Log, LogGroup } from "../core/sls/log_group.ts";

/** One kind of log of a cloud account. */
interface Kind {
  readonly topic: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly contents: (pick: Pick, timeSec: number) => [string, string | Uint8Array][];
}

const METHODS = ["GET", "GET", "GET", "POST", "PUT", "DELETE"];
const PATHS = ["/", "/login", "/api/v1/orders", "/static/app.js", "/search?q=日志", "/health"];
const STATUS = ["200", "200", "200", "304", "403", "404", "500"];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/129.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148",
  "curl/8.10.1",
  'evil"agent\\with\ttabs\u0001',
];
const EVENTS = ["ConsoleSignin", "RunInstances", "CreateUser", "PutBucketAcl", "AssumeRole"];
/** Values that are not UTF-8: Latin-1, a truncated sequence, a lone surrogate. */
const ODD_BYTES = [
  new Uint8Array([0x63, 0x61, 0x66, 0xe9]),
  new Uint8Array([0xe6, 0x97]),
  new Uint8Array([0xed, 0xa0, 0x80, 0x21]),
];
/** One user agent in this many is not UTF-8. */
const ODD_EVERY = 40;

const KINDS: readonly Kind[] = [
  {
    topic: "actiontrail_audit_event",
    tags: [["__receive_time__", "1759739400"]],
    contents: (pick, timeSec) => [["event", auditEvent(pick, timeSec)]],
  },
  {
    topic: "waf_access_log",
    tags: [["__hostname__", "waf-1"], ["__pack_id__", "5F2A-1"]],
    contents: (pick) => [
      ["host", "shop.example.com"],
      ["request_method", one(METHODS, pick)],
      ["request_path", one(PATHS, pick)],
      ["status", one(STATUS, pick)],
      ["real_client_ip", ip(pick)],
      ["final_action", pick(20) === 0 ? "block" : "pass"],
      ["final_plugin", "waf"],
      ["user_agent", one(AGENTS, pick)],
      ["request_traceid", hex(pick, 32)],
      ["body_bytes_sent", String(pick(90_000))],
    ],
  },
  {
    topic: "nginx",
    tags: [["__hostname__", "web-1"], ["__path__", "/var/log/nginx/access.log"]],
    contents: (pick) => [
      ["remote_addr", ip(pick)],
      ["request_method", one(METHODS, pick)],
      ["request_uri", one(PATHS, pick)],
      ["status", one(STATUS, pick)],
      ["body_bytes_sent", String(pick(90_000))],
      ["request_time", (pick(3000) / 1000).toFixed(3)],
      ["http_user_agent", pick(ODD_EVERY) === 0 ? one(ODD_BYTES, pick) : one(AGENTS, pick)],
      ["http_referer", "https://www.example.com/home"],
    ],
  },
  {
    topic: "vpc_flow_log",
    tags: [],
    contents: (pick, timeSec) => [
      ["version", "1"],
      ["vpc-id", "vpc-bp1q3x0000example"],
      ["srcaddr", ip(pick)],
      ["dstaddr", ip(pick)],
      ["srcport", String(1024 + pick(60_000))],
      ["dstport", one(["443", "22", "3306", "53"], pick)],
      ["protocol", "6"],
      ["packets", String(1 + pick(500))],
      ["bytes", String(64 + pick(500_000))],
      ["start", String(timeSec - 10)],
      ["end", String(timeSec)],
      ["action", pick(15) === 0 ? "REJECT" : "ACCEPT"],
      ["log-status", "OK"],
    ],
  },
];

/** An audit event as ActionTrail writes it: JSON text in one field, with a number above 2^53. */
function auditEvent(pick: Pick, timeSec: number): string {
  const id = hex(pick, 32);
  return `{"eventId":"${id}","eventVersion":"1","eventName":"${one(EVENTS, pick)}",` +
    `"eventTime":"${new Date(timeSec * 1000).toISOString()}","eventSource":"ecs.aliyuncs.com",` +
    `"eventType":"ApiCall","eventRW":"Write","acsRegion":"cn-hangzhou","requestId":"${id}",` +
    `"sourceIpAddress":"${ip(pick)}","userAgent":"AlibabaCloud (Linux; amd64) Core/4.6",` +
    `"userIdentity":{"type":"ram-user","principalId":"2${hex(pick, 17)}","accountId":` +
    `"1234567890123456","userName":"运维","sessionContext":{"mfaAuthenticated":` +
    `${pick(2) === 0}}},"sequence":90071992547409${930 + pick(60)},"referencedResources":` +
    `{"ACS::ECS::Instance":["i-bp${hex(pick, 18)}"]},"responseElements":null}`;
}

/**
 * Makes one log group of a random kind: audit trail, web firewall, web server or flow logs.
 *
 * @param idOf Gives the unique id of the log with that index in the group; it becomes content `id`.
 */
export function demoLogGroup(
  count: number,
  timeMs: number,
  random: () => number,
  idOf: (i: number) => string,
): LogGroup {
  const pick = (below: number) => Math.floor(random() * below);
  const { topic, tags, contents } = one(KINDS, pick);
  const timeSec = Math.floor(timeMs / 1000);
  const logs: Log[] = [];
  for (let i = 0; i < count; i++) {
    const fields = contents(pick, timeSec);
    fields.push(["id", idOf(i)]);
    logs.push({ timeSec, timeNs: pick(1_000_000_000), contents: fields });
  }
  return { topic, source: ip(pick), tags, logs };
}
