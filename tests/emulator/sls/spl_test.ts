import assert from "node:assert/strict";
import { decodeLogGroup } from "../../../src/emulator/sls/decode_log_group.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { parseSpl } from "../../../src/emulator/sls/parse_spl.ts";
import { runSpl } from "../../../src/emulator/sls/run_spl.ts";
import { SlsError } from "../../../src/emulator/core/sls/sls_error.ts";

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
    { query: "* | where status = '200' or ms = 'slow'", ids: ["1", "3"] },
    { query: "* | where id = '1' or id = '2' and status = '200'", ids: ["1"] },
    { query: "* | where (id = '1' or id = '2') and status = '500'", ids: ["2"] },
    { query: "* | where id in ('1', '4') and not_there in ('x')", ids: [] },
    { query: "* | where id in ('1', '4')", ids: ["1", "4"] },
    { query: "* | where cast(id as bigint) in (2, 3)", ids: ["2", "3"] },
    { query: "* | where ms like '%o_'", ids: ["3"] },
    { query: "* | where ms like 's%'", ids: ["3"] },
    { query: "* | where msg like 'it''_'", ids: ["2"] },
    { query: "* | where ms like '1.'", ids: [] },
    { query: "* | where ms like 'slo'", ids: [] },
    { query: "* | where status = '200' or cast(ms as bigint) < 0", ids: ["1", "2"], failed: 1 },
    { query: "* | extend a = status | where a = '200'", ids: ["1"] },
    { query: "* | extend a = msg | where a = 'it''s'", ids: ["2"] },
    { query: "* | project id | where status = '200'", ids: [] },
    { query: "* | project id, status | where status = '200'", ids: ["1"] },
  ]
) {
  Deno.test(`runSpl() leaves ${ids.join(" ") || "nothing"} of ${query}`, () => {
    assert.deepEqual(run(query), { ids, failed });
  });
}

Deno.test("runSpl() keeps the header fields and the bytes of unchanged fields", () => {
  assert.deepEqual(runSpl(parseSpl("*"), BYTES).group, BYTES);
  const { group } = runSpl(parseSpl("* | where id = '1'"), BYTES);
  assert.deepEqual(decodeLogGroup(group!), { ...GROUP, logs: [GROUP.logs[0]] });
});

Deno.test("runSpl() projects in the given order and always keeps the time", () => {
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
    "* | where status like 5",
    "* | where cast(status as bigint) like '5%'",
    "* | where a = 'x' or",
    "* | where (a = 'x'",
    "* | where a in ()",
    "* | where a in ('x', 1)",
    "* | where a = b or c",
    "* | extend a",
    "* | extend __time__ = 1",
    "* | extend a = ",
    "* | where a = 'x",
    "* | project",
    "* | project a b",
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

for (
  const [query, message] of [
    ["* | parse-json content", /spl instruction parse-json is not supported/],
    ["* | stats count(*)", /spl instruction stats is not supported/],
    ["* | where regexp_like(a, 'x')", /spl function regexp_like is not supported/],
    ["* | extend a = concat(b, 'c')", /spl function concat is not supported/],
    ["* | where a between '1' and '2'", /spl operator between is not supported/],
    ["* | where a is null", /spl operator is is not supported/],
    ["* | where a not in ('x')", /spl operator not is not supported/],
    ["* | where cast(a as double) > 1", /cast as double is not supported/],
    ["* | extend __topic__ = 'x'", /extend of __topic__ is not supported/],
  ] as const
) {
  Deno.test(`parseSpl() names what it does not support: ${query}`, () => {
    assert.throws(() => parseSpl(query), message);
  });
}

Deno.test("runSpl() extends a log in place or at its end, and removes fields without value", () => {
  const query = "* | extend ms = 'x', n = 5, copy = id, up = cast(id as bigint), status = nothing";
  const { group } = runSpl(parseSpl(query), BYTES);
  assert.deepEqual(decodeLogGroup(group!).logs[1], {
    timeSec: 200,
    contents: [["id", "2"], ["ms", "x"], ["msg", "it's"], ["n", "5"], ["copy", "2"], ["up", "2"]],
  });
});
