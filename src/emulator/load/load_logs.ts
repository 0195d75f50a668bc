import { hex, ip, one, type Pick } from "../core/log_values.ts";
import type { Log, LogGroup } from "../core/sls/log_group.ts";

/** The kind of logs in a load page. */
export type LoadKind = (typeof LOAD_KINDS)[number];

/**
 * `nginx`: access logs of about 410 bytes, all with the same keys. `actiontrail`: audit events of about
 * 690 bytes, whose one field is JSON. `shapes`: logs with six different sets of keys in turn.
 * `random`: nginx logs with long random ids, which compress badly.
 */
export const LOAD_KINDS = ["nginx", "actiontrail", "shapes", "random"] as const;

const METHODS = ["GET", "GET", "GET", "POST", "PUT"];
const PATHS = ["/", "/login", "/api/v1/orders", "/static/app.js", "/search?q=shoes", "/health"];
const STATUS = ["200", "200", "200", "304", "404", "500"];
const EVENTS = ["ConsoleSignin", "RunInstances", "CreateUser", "PutBucketAcl", "AssumeRole"];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/129.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148",
  "curl/8.10.1",
];
const SHAPES = 6;

/** One log group of `logs` logs of the kind. */
export function loadLogGroup(
  kind: LoadKind,
  logs: number,
  timeSec: number,
  random: () => number,
): LogGroup {
  const pick = (below: number) => Math.floor(random() * below);
  const isTrail = kind === "actiontrail";
  return {
    topic: isTrail ? "actiontrail_audit_event" : "nginx",
    source: ip(pick),
    tags: isTrail
      ? [["__receive_time__", String(timeSec)]]
      : [["__hostname__", "web-1"], ["__path__", "/var/log/nginx/access.log"]],
    logs: Array.from({ length: logs }, (_, i): Log => ({
      timeSec: timeSec + Math.floor(i / 50),
      timeNs: pick(1_000_000_000),
      contents: contentsOf(kind, i, pick),
    })),
  };
}

function contentsOf(kind: LoadKind, i: number, pick: Pick): [string, string][] {
  if (kind === "actiontrail") return [["event", auditEvent(pick)]];
  const nginx = accessLog(pick);
  if (kind === "nginx") return nginx;
  if (kind === "random") return [...nginx, ["trace_id", hex(pick, 64)], ["span_id", hex(pick, 32)]];
  const shape = i % SHAPES; // each shape has other keys, and more of them
  return [
    ...nginx.slice(0, 4 + shape),
    ...Array.from({ length: shape + 1 }, (_, n): [string, string] => [
      `shape_${shape}_field_${n}`,
      `${one(STATUS, pick)}-${pick(90_000)}`,
    ]),
  ];
}

function accessLog(pick: Pick): [string, string][] {
  return [
    ["remote_addr", ip(pick)],
    ["request_method", one(METHODS, pick)],
    ["request_uri", one(PATHS, pick)],
    ["status", one(STATUS, pick)],
    ["body_bytes_sent", String(pick(90_000))],
    ["request_time", (pick(3000) / 1000).toFixed(3)],
    ["http_user_agent", one(AGENTS, pick)],
    ["http_referer", "https://www.example.com/home"],
    ["upstream_addr", `10.0.0.${1 + pick(8)}:8080`],
    ["upstream_response_time", (pick(3000) / 1000).toFixed(3)],
    ["request_id", hex(pick, 32)],
  ];
}

function auditEvent(pick: Pick): string {
  const id = hex(pick, 32);
  return `{"eventId":"${id}","eventVersion":"1","eventName":"${one(EVENTS, pick)}",` +
    `"eventTime":"2026-10-06T08:30:00Z","eventSource":"ecs.aliyuncs.com",` +
    `"eventType":"ApiCall","eventRW":"Write","acsRegion":"cn-hangzhou","requestId":"${id}",` +
    `"sourceIpAddress":"${ip(pick)}","userAgent":"AlibabaCloud (Linux; amd64) Core/4.6",` +
    `"userIdentity":{"type":"ram-user","principalId":"2${hex(pick, 17)}","accountId":` +
    `"1234567890123456","userName":"ops","sessionContext":{"mfaAuthenticated":` +
    `${pick(2) === 0}}},"sequence":90071992547409${930 + pick(60)},"referencedResources":` +
    `{"ACS::ECS::Instance":["i-bp${hex(pick, 18)}"]},"responseElements":null}`;
}
