import { PAGE_MAX_BYTES } from "../../src/sls/pull_logs.ts";
import { group, head, pulled, shards } from "./answers.ts";
import { CURSOR, numbers, refused, testValues, text, used } from "./peer_values.ts";

const NO_SHAPE = /bytes that are not an array of/;

testValues([
  [
    "next cursor of PullLogs",
    async (value) =>
      (await head({ "x-log-cursor": value as string, "x-log-count": "0" })).nextCursor,
    [
      [CURSOR, used(CURSOR)],
      ["", used(CURSOR)],
      ["not-base64", used("not-base64")],
      [text(1024), used(text(1024))],
      [
        text(1025),
        refused(/found a next cursor of 1,025 characters, expected 1 to 1,024 printable/),
      ],
      [text(70_000), refused(/a next cursor of 70,000 characters/)],
      ["with blank", refused(/a next cursor of 10 characters/)],
      ["h\u00f6her", refused(/a next cursor of 5 characters/)],
      [btoa("1759739399999999999"), refused(/is before cursor MTc1OTczOTQwMDAwMDAwMDAwMA==/)],
      [btoa("1759739400000000001"), used(btoa("1759739400000000001"))],
    ],
  ],
  [
    "count of a page's log groups",
    async (value) =>
      (await pulled({
        "x-log-count": value as string,
        "x-log-bodyrawsize": "100",
        "x-log-cursor": btoa("1759739400000000050"),
      })).kind,
    [
      ["0", used("too_big")],
      ["50", used("too_big")],
      ["51", refused(/51 log groups came in 100 bytes/)],
      ["-1", refused(/x-log-count or x-log-bodyrawsize is missing or not a number/)],
      ["1.5", refused(/is missing or not a number/)],
      ["1e3", refused(/is missing or not a number/)],
      ["NaN", refused(/is missing or not a number/)],
      ["9".repeat(5000), refused(/is missing or not a number/)],
    ],
  ],
  [
    "size of a page",
    async (value) => (await pulled({ "x-log-bodyrawsize": value as string })).kind,
    [
      ["0", used("page")],
      [String(PAGE_MAX_BYTES), used("too_big")],
      [String(PAGE_MAX_BYTES + 1), refused(/the page announces 67108865 bytes, expected at most/)],
      ["0x10", refused(/is missing or not a number/)],
    ],
  ],
  [
    "logs that were read before a query",
    async (value) => (await head({ "x-log-rawdatalines": value as string }, "*")).beforeQuery?.logs,
    [
      ["12", used(12)],
      ["1000000000", used(1e9)],
      ["1000000001", used(undefined)],
      ["-5", used(undefined)],
    ],
  ],
  [
    "bytes that were read before a query",
    async (value) => (await head({ "x-log-rawdatasize": value as string }, "*")).scannedBytes,
    [
      ["12", used(12)],
      [String(2 ** 30), used(2 ** 30)],
      [String(2 ** 30 + 1), used(0)],
    ],
  ],
  [
    "name of a compression",
    async (value) => (await head({ "x-log-compresstype": value as string })).compressType,
    [
      ["lz4", used("lz4")],
      [text(16), used(text(16))],
      [text(60_000), used("a name of 60,000 characters")],
    ],
  ],
  [
    "shard number of ListShards",
    async (value) => (await shards([{ shardID: value, status: "readwrite" }]).list())[0]?.shard,
    [
      [0, used(0)],
      [2 ** 31 - 1, used(2 ** 31 - 1)],
      [
        2 ** 31,
        refused(/a shard number of 10 digits, expected a whole number from 0 to 2,147,483,647/),
      ],
      [1e300, refused(/a shard number of 301 digits/)],
      [-1, refused(/a shard number below 0/)],
      [1.5, refused(/a shard number that is not a whole number/)],
      ["1", refused(NO_SHAPE)],
      [null, refused(NO_SHAPE)],
      [[1], refused(NO_SHAPE)],
      [{ valueOf: 1 }, refused(NO_SHAPE)],
    ],
  ],
  [
    "number of shards",
    async (value) =>
      (await shards(numbers(value as number).map((shardID) => ({ shardID, status: "readwrite" })))
        .list()).length,
    [
      [0, used(0)],
      [4096, used(4096)],
      [4097, refused(/answered 200 with 4,097 shards, expected at most 4,096/)],
      [20_000, refused(/answered 200 with 20,000 shards/)],
      [60_000, refused(/answered 200 with more than 2,097,152 bytes/)],
    ],
  ],
  [
    "answer of ListShards",
    async (value) => (await shards(value).list()).length,
    [
      [[], used(0)],
      [
        [{ shardID: 1, status: "readwrite" }, { shardID: 1, status: "readonly" }],
        refused(/shards with a duplicate/),
      ],
      ["[".repeat(1_000_000), refused(NO_SHAPE)],
      [`[{"__proto__":{"shardID":1,"status":"readwrite"}}]`, refused(NO_SHAPE)],
      [{ length: 1, 0: { shardID: 1, status: "" } }, refused(NO_SHAPE)],
      ["NaN", refused(NO_SHAPE)],
    ],
  ],
  [
    "shards of a heartbeat",
    async (value) => {
      const answer = await group(value).heartbeat("me", [], 1000);
      return answer.kind === "granted" && answer.shards.length;
    },
    [
      [numbers(4096), used(4096)],
      [numbers(4097), refused(/answered 200 with 4,097 shards/)],
      [[-1], refused(/a shard number below 0/)],
      [[2 ** 31], refused(/a shard number of 10 digits/)],
      [[3, 0, 3], refused(/shards with a duplicate/)],
      [["0"], refused(NO_SHAPE)],
      [[[0]], refused(NO_SHAPE)],
    ],
  ],
]);
