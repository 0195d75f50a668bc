import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { frameMessages } from "../../src/emulator/core/sls/frame_messages.ts";
import type { Log, LogGroup } from "../../src/emulator/core/sls/log_group.ts";
import { loadLogGroup } from "../../src/emulator/load/load_logs.ts";
import { seededRandom } from "../support/seeded_random.ts";

/** Least bytes of a page. */
const PAGE_BYTES = 4_000_000;
const LOGS_IN_GROUP = 100;
const FROM_SEC = 1_759_739_400;

export interface StagePage {
  readonly name: string;
  readonly raw: Uint8Array<ArrayBuffer>;
  readonly groups: number;
}

type Random = () => number;

const KINDS: readonly [name: string, makeGroup: (random: Random) => LogGroup][] = [
  ["nginx", (random) => loadLogGroup("nginx", LOGS_IN_GROUP, FROM_SEC, random)],
  ["ActionTrail", (random) => loadLogGroup("actiontrail", LOGS_IN_GROUP, FROM_SEC, random)],
  [
    "several shapes interleaved",
    (random) => loadLogGroup("shapes", LOGS_IN_GROUP, FROM_SEC, random),
  ],
  ["random ids", (random) => loadLogGroup("random", LOGS_IN_GROUP, FROM_SEC, random)],
  ["many small logs", (random) => groupOf(random, (n) => [["n", `${n}`], ["ok", "1"]])],
  [
    "large values",
    (random) => groupOf(random, (n) => [["id", `${n}`], ["message", sentence(random, 8000)]]),
  ],
  [
    "non-ASCII",
    (random) =>
      groupOf(random, (n) => [
        ["id", `${n}`],
        ["Ort", ["Zürich", "東京都千代田区", "Kraków"][n % 3]!],
        ["message", sentence(random, 200).replaceAll("e", "é").replaceAll("error", "エラー")],
      ]),
  ],
];

/** A page of about 4 MB of each kind of logs. */
export function stagePages(): StagePage[] {
  return KINDS.map(([name, makeGroup]) => {
    const random = seededRandom(7);
    const groups: Uint8Array[] = [];
    for (let bytes = 0; bytes < PAGE_BYTES;) {
      const group = encodeLogGroup(makeGroup(random));
      groups.push(group);
      bytes += group.length;
    }
    return { name, raw: frameMessages(groups), groups: groups.length };
  });
}

function groupOf(random: Random, contentsOf: (n: number) => Log["contents"]): LogGroup {
  const logs = Array.from({ length: LOGS_IN_GROUP }, (_, i) => ({
    timeSec: FROM_SEC + i,
    contents: contentsOf(Math.floor(random() * 1e6)),
  }));
  return { topic: "t", source: "10.0.0.1", tags: [["host", "h1"]], logs };
}

const WORDS = "the request was served from cache after an error in line of user at host".split(" ");

function sentence(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return text;
}
