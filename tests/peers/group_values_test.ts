import { Logstore } from "../../src/sls/logstore.ts";
import { dateAfter, group, json, OWN_DATE, refusalText, row, shards } from "./answers.ts";
import { CURSOR, MARKED, numbers, refused, testValues, text, used } from "./peer_values.ts";

const NO_SHAPE = /bytes that are not an array of/;

testValues([
  [
    "checkpoint",
    (value) => group(row({ checkpoint: value })).checkpoint(0),
    [
      ["", used("")],
      [CURSOR, used(CURSOR)],
      [text(1024), used(text(1024))],
      [text(1025), refused(/a checkpoint of 1,025 characters/)],
      [text(70_000), refused(/a checkpoint of 70,000 characters/)],
      [MARKED, refused(/a checkpoint of 6 characters/)],
      [7, refused(NO_SHAPE)],
    ],
  ],
  [
    "checkpoint that is shown",
    async (value) => (await group(row({ checkpoint: value })).checkpoints())[0]?.cursor,
    [
      [CURSOR, used(CURSOR)],
      [text(70_000), used("(a checkpoint of 70,000 characters)")],
      [MARKED, used(MARKED)],
    ],
  ],
  [
    "rows of checkpoints",
    async (value) => (await group(value).checkpoints()).length,
    [
      [numbers(4096).map((shard) => ({ shard, checkpoint: "" })), used(4096)],
      [
        numbers(4097).map((shard) => ({ shard, checkpoint: "" })),
        refused(/4,097 checkpoints, expected at most 4,096/),
      ],
      [
        [{ shard: 1, checkpoint: "a" }, { shard: 1, checkpoint: "b" }],
        refused(/checkpoints with a duplicate/),
      ],
      [[{ shard: -1, checkpoint: "" }], refused(/a shard number below 0/)],
    ],
  ],
  [
    "holder of a shard",
    async (value) => (await group(row({ consumer: value })).checkpoints())[0]?.consumer?.length,
    [
      [text(255), used(255)],
      [text(256), refused(/a consumer's name of 256 characters/)],
      [undefined, used(undefined)],
      [17, used(undefined)],
    ],
  ],
  [
    "time of a checkpoint",
    async (value) => (await group(row({ updateTime: value })).checkpoints())[0]?.updatedMs,
    [
      [undefined, used(0)],
      [1_524_224_984_800_922, used(1_524_224_984_800)],
      [253_402_300_799_000_000, used(253_402_300_799_000)],
      [1e18, refused(/an updateTime of 19 digits/)],
      [-1, refused(/an updateTime below 0/)],
      ["1524224984800922", refused(/an updateTime of 16 characters/)],
    ],
  ],
  [
    "cursor of GetCursor",
    (value) => shards({ cursor: value }).cursorAt(0, "begin"),
    [
      [CURSOR, used(CURSOR)],
      [text(1025), refused(/a cursor of 1,025 characters/)],
      ["", refused(/bytes that are not a cursor/)],
      [[CURSOR], refused(/bytes that are not a cursor/)],
    ],
  ],
  [
    "cursor time",
    (value) => shards({ cursor_time: value }).cursorTimeSec(0, CURSOR),
    [
      [0, used(0)],
      [253_402_300_799, used(253_402_300_799)],
      [253_402_300_800, refused(/a cursor time of 12 digits/)],
      [-1, refused(/a cursor time below 0/)],
      ["1554260243", refused(/bytes that are not a cursor_time/)],
    ],
  ],
  [
    "retention",
    (value) => new Logstore(json({ ttl: value }).requester, "p", "l").retentionSec(),
    [
      [1, used(86_400)],
      [3650, used(Infinity)],
      [1e300, used(Infinity)],
      [0, refused(/not a logstore with a ttl/)],
      [1.5, refused(/not a logstore with a ttl/)],
    ],
  ],
  [
    "timeout of a group",
    async (value) => (await group([{ name: "g", timeout: value }]).list())[0]?.timeoutSec,
    [
      [1, used(1)],
      [31_622_400, used(31_622_400)],
      [31_622_401, refused(/a group timeout of 8 digits, expected a whole number from 1 to/)],
      [0, refused(/a group timeout of 1 digit/)],
      [-60, refused(/a group timeout below 0/)],
      [0.5, refused(/a group timeout that is not a whole number/)],
      ["60", refused(NO_SHAPE)],
    ],
  ],
  [
    "order of a group",
    async (value) => (await group([{ name: "g", timeout: 60, order: value }]).list())[0]?.inOrder,
    [
      [true, used(true)],
      [false, used(false)],
      [undefined, used(false)],
      ["true", refused(/a group order of 4 characters, expected true or false/)],
      [1, refused(/a group order of 1 digit/)],
    ],
  ],
  [
    "name of a group",
    async (value) => (await group([{ name: value, timeout: 60 }]).list())[0]?.name.length,
    [
      [text(255), used(255)],
      [text(256), refused(/the name of a consumer group of 256 characters/)],
      [5, refused(NO_SHAPE)],
    ],
  ],
  [
    "number of groups",
    async (value) =>
      (await group(numbers(value as number).map((i) => ({ name: `${i}`, timeout: 60 }))).list())
        .length,
    [
      [1024, used(1024)],
      [1025, refused(/1,025 consumer groups, expected at most 1,024/)],
    ],
  ],
  [
    "error code",
    (value) => refusalText(value as string, "no", "ID"),
    [
      [
        "SomethingNew",
        used(`Cannot ListShards of p/l: SLS answered 400 SomethingNew "no" (request id ID)`),
      ],
      [
        text(129),
        used(
          "Cannot ListShards of p/l: SLS answered 400 with an error code of 129 characters (request id ID)",
        ),
      ],
      [
        MARKED,
        used(
          "Cannot ListShards of p/l: SLS answered 400 with an error code of 6 characters (request id ID)",
        ),
      ],
    ],
  ],
  [
    "error message",
    async (value) => (await refusalText("NoGood", value as string, "ID")).length < 400,
    [["short", used(true)], [text(60_000), used(true)]],
  ],
  [
    "request id",
    async (value) => /\(request id (.*)\)$/.exec(await refusalText("No", "", value as string))?.[1],
    [
      [text(128), used(text(128))],
      [text(129), used("of 129 characters")],
      ["with blank", used("of 10 characters")],
    ],
  ],
  [
    "Date of a refused time",
    (value) => dateAfter(value as string),
    [
      ["Tue, 06 Oct 2026 10:00:00 GMT", used("20261006T100000Z")],
      ["Thu, 01 Jan 2015 00:00:00 GMT", used("20150101T000000Z")],
      ["Wed, 31 Dec 2014 23:59:59 GMT", used(OWN_DATE)],
      ["Fri, 01 Jan 2100 00:00:00 GMT", used("21000101T000000Z")],
      ["Fri, 01 Jan 2100 00:00:01 GMT", used(OWN_DATE)],
      ["Sat, 13 Sep 275760 00:00:00 GMT", used(OWN_DATE)],
      ["Sat, 01 Jan -0001 00:00:00 GMT", used(OWN_DATE)],
      ["+275760-09-13T00:00:00.000Z", used(OWN_DATE)],
      ["1791282600", used(OWN_DATE)],
      ["", used(OWN_DATE)],
    ],
  ],
]);
