import type { TelemetryEvent } from "../../src/base/telemetry.ts";

type Sample<T extends TelemetryEvent["type"]> = Omit<Extract<TelemetryEvent, { type: T }>, "type">;

const source = "p/l";
const shard = 3;
const delivered = {
  source,
  seconds: 60,
  delivered: 70_000,
  parked: 0,
  rawBytes: 12_300_000,
  queried: false,
  behind: 0,
};
const parked = {
  source,
  shard,
  cursor: "MTAw",
  status: 400,
  code: 6,
  text: "Invalid data format",
  folder: "/var/lib/sls2hec/dead",
};

/** At least one of each event, and one of each form that its message has. */
export const EVENT_SAMPLES: {
  readonly [T in TelemetryEvent["type"]]: readonly [Sample<T>, ...Sample<T>[]];
} = {
  source_ready: [{
    source,
    group: "siem",
    consumer: "siem-host-1-a1b2",
    groupTimeoutMs: 60_000,
    heartbeatIntervalMs: 20_000,
    how: "created it",
  }],
  group_differs: [{
    source,
    group: "siem",
    differences: "its timeout is 30 s, configured is 60 s",
  }],
  shards_granted: [{ source, shards: [3] }, { source, shards: [9, 0, 1, 2, 10] }],
  shard_started: [
    { source, shard, cursor: "MTAw", from: "begin" },
    { source, shard, cursor: "MTAw", from: "checkpoint" },
  ],
  page_delivered: [
    { source, shard, logs: 1, rawBytes: 900, eventBytes: 1200 },
    { source, shard, logs: 2000, rawBytes: 900_000, eventBytes: 1_200_000 },
  ],
  checkpoint_written: [{ source, shard, cursor: "MTAw" }],
  progress: [
    { ...delivered, shards: 1 },
    { ...delivered, shards: 16, behind: 1, lagShard: 3, lagSec: 90, parked: 2 },
    { ...delivered, shards: 16, behind: 4, lagShard: 3, lagSec: 90_000, lagUnknown: 1 },
    { ...delivered, shards: 1, behind: 1, silent: 1, lagShard: 3, lagSec: 600 },
    { ...delivered, shards: 16, behind: 4, silent: 2 },
    {
      ...delivered,
      shards: 16,
      behind: 4,
      lagShard: 3,
      lagSec: 90,
      limitedBy: [
        { rate: "sources[].rate", bytesPerSec: 2_500_000, waitedSec: 12 },
        { rate: "hec.rate", bytesPerSec: 10_000_000, waitedSec: 45 },
      ],
    },
    { ...delivered, shards: 1, queried: true, readLogs: 90_000, readBytes: 99_000_000 },
  ],
  shard_finished: [{ source, shard }],
  gap: [{
    source,
    shard,
    reason: "expired",
    lostCursor: "MQ==",
    resumedCursor: "Mg==",
    message: "(as the source says it)",
  }],
  retention_near: [{ source, shard, lagSec: 500_000, retentionSec: 604_800 }],
  retention_unknown: [{ source, message: "(the failure)", hint: "(its hint)" }],
  parked: [
    { ...parked, reason: "refused" },
    { ...parked, reason: "too_large", status: 413, code: undefined, text: "Too large" },
    { ...parked, reason: "oversize", status: 0, code: undefined, text: "(why)" },
    { ...parked, reason: "malformed", status: 0, code: undefined, text: "(why)" },
  ],
  config_warning: [{
    place: "sls2hec.yaml:7:12: sources[0].index",
    message: "(the problem)",
    hint: "(its hint)",
  }],
  index_fallback: [
    { source: "p/l", cause: "refused", events: 12_345, fallbackIndex: "lastchance" },
    { source: "p/l", cause: "impossible", events: 1, fallbackIndex: "lastchance" },
  ],
  batches_limited: [{ maxBytes: 60_000, why: "(the reason)" }],
  hec_checked: [
    { url: "https://splunk:8088", takesToken: true },
    { url: "https://splunk:8088", takesToken: false },
    { url: "https://splunk:8088", takesToken: true, options: "sources[1].hec" },
  ],
  hec_unencrypted: [{ url: "http://splunk:8088" }],
  sls_unencrypted: [{ url: "http://p.cn-hangzhou.log.aliyuncs.com" }],
  hec_unverified: [{ url: "https://splunk:8088" }],
  hec_key_unproven: [{ url: "https://splunk:8088" }],
  renewed: [{ about: "HEC token" }],
  narrowed: [{ may: ["read sls2hec.yaml", "connect to splunk:8088"] }],
  data_plane: [
    { workers: 0, hosts: ["splunk:8088"] },
    { workers: 1, hosts: ["splunk:8088"] },
    { workers: 4, hosts: ["p.cn-hangzhou.log.aliyuncs.com:443", "splunk:8088"] },
  ],
  trouble: [
    {
      about: "p/l shard 3: pull",
      message: "(the failure)",
      hint: "(its hint)",
      retryInMs: 1500,
      cause: { what: "SLS at h", kind: "network" },
      source,
      shard,
    },
    { about: "p/l: deliver", message: "(why)", hint: "(hint)", retryInMs: 0, held: true, source },
  ],
  recovered: [{ about: "p/l shard 3: pull" }, { about: "p/l: deliver" }],
  leases_lost: [{ source, shards: [0, 1, 2], reason: "(the reason)" }],
  shard_ended: [
    { source, shard, how: "released" },
    { source, shard, how: "lost" },
    { source, shard, how: "gone" },
    { source, shard, how: "abandoned" },
  ],
  summary: [delivered, { ...delivered, parked: 3, behind: 1 }],
  source_added: [{ source, pattern: "p/l*", start: "begin" }],
  source_removed: [{ source, pattern: "p/l*" }],
  source_released: [
    { source, undelivered: 0 },
    { source, undelivered: 1 },
    { source, undelivered: 2 },
  ],
};
