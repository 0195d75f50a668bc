import assert from "node:assert/strict";
import { decodeLogGroup } from "../../../src/emulator/sls/decode_log_group.ts";
import { encodeLogGroup } from "../../../src/emulator/sls/encode_log_group.ts";
import { parseSpl } from "../../../src/emulator/sls/parse_spl.ts";
import { runSpl } from "../../../src/emulator/sls/run_spl.ts";
import { SlsError } from "../../../src/emulator/sls/sls_error.ts";

const GROUP = {
  topic: "web",
  source: "10.0.0.1",
  tags: [["host", "w1"]] as [string, string][],
  logs: [
    { timeSec: 100, timeNs: 7, contents: [["id", "1"], ["status", "200"], ["ms", "15"]] },
    { timeSec: 200, contents: [["id", "2"], ["status", "500"], ["ms", "-3"], ["msg", "it's"]] },
    { timeSec: 300, contents: [["id", "3"], ["status", "500"], ["ms", "slow"]] },
    { timeSec: 400, contents: [["id", "4"], ["status", "200"], ["status", "500"]] },
  ] as { timeSec: number; timeNs?: number; contents: [string, string][] }[],
};
const BYTES = encodeLogGroup(GROUP);

/** Ids of the logs that a query leaves, and how many it failed on. */
function run(query: string): { ids: string[]; failed: number } {
  const result = runSpl(parseSpl(query), BYTES);
  const logs = result.group ? decodeLogGroup(result.group).logs : [];
  assert.equal(result.lines, 4);
  assert.equal(result.resultLines, logs.length);
  const ids = logs.map(({ contents }) => String(contents.find(([key]) => key === "id")?.[1]));
  return { ids, failed: result.failedLines };
}

for (
  const { query, ids, failed = 0 } of [
    { query: "*", ids: ["1", "2", "3", "4"] },
    { query: "* | where status = '500'", ids: ["2", "3", "4"] },
    { query: "* | WHERE status != '500'", ids: ["1"] },
    { query: "* | where status <> '500' and id = '1'", ids: ["1"] },
    { query: "*|where status='500'|where id!='3'", ids: ["2", "4"] },
    { query: "* | where msg = 'it''s'", ids: ["2"] },
    { query: "* | where missing != 'x'", ids: [] },
    { query: "* | where cast(ms as bigint) > 0", ids: ["1"], failed: 1 },
    { query: "* | where cast(ms as bigint) < 0", ids: ["2"], failed: 1 },
    { query: "* | where cast(ms as bigint) >= -3 and id != '1'", ids: ["2"], failed: 1 },
    { query: "* | where __time__ > 200", ids: ["3", "4"] },
    { query: "* | where __time__ <= 200", ids: ["1", "2"] },
    { query: "* | where __topic__ = 'web' and \"__tag__:host\" = 'w1'", ids: ["1", "2", "3", "4"] },
    { query: "* | where __source__ = 'elsewhere'", ids: [] },
    { query: "* | project id | where status = '200'", ids: [] },
    { query: "* | project id, status | where status = '200'", ids: ["1"] },
  ]
) {
  Deno.test(`runSpl() leaves ${ids.join(" ") || "nothing"} of ${query}`, () => {
    assert.deepEqual(run(query), { ids, failed });
  });
}

Deno.test("runSpl() keeps the header fields and the bytes of what it does not touch", () => {
  assert.deepEqual(runSpl(parseSpl("*"), BYTES).group, BYTES);
  const { group } = runSpl(parseSpl("* | where id = '1'"), BYTES);
  assert.deepEqual(decodeLogGroup(group!), { ...GROUP, logs: [GROUP.logs[0]] });
});

Deno.test("runSpl() projects in the order that is asked for and always keeps the time", () => {
  const { group } = runSpl(parseSpl("* | project ms, id | project-away nothing"), BYTES);
  assert.deepEqual(decodeLogGroup(group!).logs.slice(0, 2), [
    { timeSec: 100, timeNs: 7, contents: [["ms", "15"], ["id", "1"]] },
    { timeSec: 200, contents: [["ms", "-3"], ["id", "2"]] },
  ]);
  const away = runSpl(parseSpl("* | project-away status, ms"), BYTES).group!;
  assert.deepEqual(decodeLogGroup(away).logs.at(-1), { timeSec: 400, contents: [["id", "4"]] });
  assert.deepEqual(decodeLogGroup(away).tags, GROUP.tags);
});

for (
  const query of [
    "",
    "status: 500",
    "* status",
    "* |",
    "* | where",
    "* | where status",
    "* | where status = 500",
    "* | where status > '500'",
    "* | where cast(status as double) > 1",
    "* | where cast(status as bigint) > 'x'",
    "* | where status like '5%'",
    "* | where a = 'x' or b = 'y'",
    "* | where a = 'x",
    "* | project",
    "* | project a b",
    "* | extend a = 1",
    "* | parse-json content",
    "* | stats count(*)",
    `* ${"| project a ".repeat(16)}`,
    `* | where a = '${"x".repeat(10_240)}'`,
  ]
) {
  Deno.test(`parseSpl() refuses ${JSON.stringify(query.slice(0, 40))}`, () => {
    assert.throws(() => parseSpl(query), (error) => {
      assert.ok(error instanceof SlsError);
      assert.deepEqual([error.status, error.code], [400, "ParameterInvalid"]);
      return true;
    });
  });
}
