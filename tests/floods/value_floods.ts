import { answer, type Flood, json } from "./flood_kinds.ts";

/** Floods by the values of one call: which requests they answer, and how. */
export interface ValueFlood {
  readonly side: "sls" | "hec";
  /** What the request line of an answered request holds; others go to the server behind. */
  readonly answers: RegExp;
  readonly flood: Flood;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const LIST_SHARDS = /^GET \/logstores\/l\/shards /;
const HEARTBEAT = /^POST \S*type=heartbeat/;
const CHECKPOINT = /^GET \S*consumergroups\/g\?shard=/;
const PULL = /^GET \S*type=logs/;
const EVENT = /^POST \/services\/collector\/event/;
const ACK = /^POST \/services\/collector\/ack/;

const shards = (count: number) =>
  json(200, numbers(count).map((shardID) => ({ shardID, status: "readwrite" })));
const page = (headers: string) =>
  answer(
    `HTTP/1.1 200 OK\r\nx-log-count: 0\r\nx-log-bodyrawsize: 0\r\n${headers}content-length: 0\r\n\r\n`,
  );
const success = (more: object, headers = "") =>
  json(200, { text: "Success", code: 0, ...more }, headers);

export const VALUE_FLOODS: Readonly<Record<string, ValueFlood>> = {
  "20,000 shards": { side: "sls", answers: LIST_SHARDS, flood: shards(20_000) },
  "1,000,000 shards": { side: "sls", answers: LIST_SHARDS, flood: shards(1_000_000) },
  "a heartbeat with 4,096 shards": {
    side: "sls",
    answers: HEARTBEAT,
    flood: json(200, numbers(4096)),
  },
  "a heartbeat with 20,000 shards": {
    side: "sls",
    answers: HEARTBEAT,
    flood: json(200, numbers(20_000)),
  },
  "a heartbeat with 1,000,000 shards": {
    side: "sls",
    answers: HEARTBEAT,
    flood: json(200, numbers(1_000_000)),
  },
  "a heartbeat of brackets": { side: "sls", answers: HEARTBEAT, flood: json(200, "[".repeat(2e6)) },
  "a checkpoint of 70,000 characters": {
    side: "sls",
    answers: CHECKPOINT,
    flood: json(200, [{ shard: 0, checkpoint: "a".repeat(70_000) }, {
      shard: 1,
      checkpoint: "a".repeat(70_000),
    }]),
  },
  "a next cursor of 70,000 characters": {
    side: "sls",
    answers: PULL,
    flood: page(`x-log-cursor: ${"a".repeat(70_000)}\r\n`),
  },
  "a next cursor of 5,000 characters": {
    side: "sls",
    answers: PULL,
    flood: page(`x-log-cursor: ${"a".repeat(5000)}\r\n`),
  },
  "a Date of the year 275760": {
    side: "sls",
    answers: PULL,
    flood: json(
      400,
      { errorCode: "RequestTimeTooSkewed", errorMessage: "" },
      "date: Sat, 13 Sep 275760 00:00:00 GMT\r\n",
    ),
  },
  "an SLS error message of 5 MB": {
    side: "sls",
    answers: PULL,
    flood: json(400, { errorCode: "No", errorMessage: "a".repeat(5_000_000) }),
  },
  "an SLS error code of 60 KB": {
    side: "sls",
    answers: PULL,
    flood: json(400, { errorCode: "a".repeat(60_000), errorMessage: "" }),
  },
  "a page that is announced and does not come": {
    side: "sls",
    answers: PULL,
    flood: (write) =>
      write(new TextEncoder().encode(
        "HTTP/1.1 200 OK\r\nx-log-count: 1\r\nx-log-bodyrawsize: 60000000\r\nx-log-cursor: YQ==\r\n" +
          "content-length: 60000000\r\n\r\n",
      )),
  },
  "cookies that grow": {
    side: "hec",
    answers: EVENT,
    flood: (write, request) =>
      success(
        { ackId: request },
        numbers(8).map((i) => `set-cookie: AWSALB${request}x${i}=${"a".repeat(1500)}\r\n`).join(""),
      )(write, request),
  },
  "acks of millions": {
    side: "hec",
    answers: ACK,
    flood: json(200, `{"acks":{${numbers(1_000_000).map((i) => `"${i}":true`).join()}}}`),
  },
  "ids that leap": {
    side: "hec",
    answers: EVENT,
    flood: (write, request) => success({ ackId: (request + 1) * 1e9 })(write, request),
  },
  "a HEC text of 5 MB": {
    side: "hec",
    answers: EVENT,
    flood: json(400, { text: "a".repeat(5_000_000), code: 6 }),
  },
  "a HEC text of 60 KB": {
    side: "hec",
    answers: EVENT,
    flood: json(403, { text: "a".repeat(60_000), code: 4 }),
  },
  "a Retry-After without end": {
    side: "hec",
    answers: EVENT,
    flood: json(503, { text: "busy", code: 9 }, `retry-after: ${"9".repeat(10_000)}\r\n`),
  },
};

/** The requests that floods on the wire answer. */
export const WIRE_ANSWERS = { sls: PULL, hec: EVENT };
