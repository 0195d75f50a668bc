import assert from "node:assert/strict";
import type { Fault } from "../../../src/emulator/sls/fault_plan.ts";
import * as faults from "../../../src/emulator/sls/faults.ts";
import { until } from "../../support/fake_clock.ts";
import { LOGSTORE, outcome, Scene, SHARD } from "./sls_client.ts";
import { workedBody, workedGroup } from "./worked_body.ts";

const GROUP = "/logstores/l/consumergroups/g";

/** A shard with the worked group in it, and a group with one consumer. */
async function scene(): Promise<Scene> {
  const scene = new Scene();
  scene.sls.data.append(SHARD, workedGroup);
  await scene.send("POST /logstores/l/consumergroups", {
    body: '{"consumerGroup":"g","timeout":60}',
  });
  await scene.send(`POST ${GROUP}?type=heartbeat&consumer=a`, { body: "[]" });
  return scene;
}

const commit = (scene: Scene) =>
  scene.send(`POST ${GROUP}?type=checkpoint&consumer=a`, {
    body: JSON.stringify({ shard: 0, checkpoint: scene.cursor(1) }),
  });
const committed = (scene: Scene) =>
  scene.sls.data.consumerGroup(LOGSTORE, "g").shards[0]?.checkpoint === scene.cursor(1);

for (const when of ["before", "after"] as const) {
  Deno.test(`A fault ${when} a call hides its answer, and its effect only if before`, async () => {
    await using s = await scene();
    s.sls.faults.next(
      "UpdateCheckPoint",
      faults.slsFault(500, "InternalServerError", "sorry", when),
    );
    const failed = await commit(s);
    assert.equal(outcome(failed), "500 InternalServerError");
    assert.match(failed.headers.get("x-log-requestid") ?? "", /^[0-9A-F]{24}$/);
    assert.equal(committed(s), when === "after");
    assert.equal(outcome(await commit(s)), "200");
    s.sls.faults.next("UpdateCheckPoint", faults.htmlFault(502, when));
    const html = await commit(s);
    assert.deepEqual([html.status, html.headers.get("content-type")], [502, "text/html"]);
    s.sls.faults.next("HeartBeat", faults.jsonFault([7], when));
    const beat = await s.send(`POST ${GROUP}?type=heartbeat&consumer=b`, { body: "[]" });
    assert.deepEqual(beat.json, [7]);
    const { consumers } = s.sls.data.consumerGroup(LOGSTORE, "g");
    assert.deepEqual(consumers, when === "after" ? ["a", "b"] : ["a"]);
  });
}

for (
  const { name, fault } of [
    { name: "closes without an answer", fault: faults.closeFault() },
    { name: "closes after the effect", fault: faults.closeFault("after") },
    { name: "cuts the body", fault: faults.resetInBodyFault(50) },
    { name: "announces too much", fault: faults.wrongLengthFault(5) },
  ] as { name: string; fault: Fault }[]
) {
  Deno.test(`A fault that ${name} fails the client's call once`, async () => {
    await using s = await scene();
    s.reconnect();
    s.sls.faults.next("PullLogs", fault);
    await assert.rejects(s.pull(s.cursor(0)), /^TypeError: /);
    assert.deepEqual((await s.pull(s.cursor(0))).body, workedBody);
    assert.deepEqual([s.sls.faults.pending, s.sls.faults.taken], [0, 1]);
  });
}

Deno.test("A fault that hangs keeps the client waiting until it leaves", async () => {
  await using s = await scene();
  s.sls.faults.next("PullLogs", faults.hangFault());
  const giveUp = new AbortController();
  const waiting = fetch(`${s.sls.url}/logstores/l/shards/0?type=logs`, { signal: giveUp.signal });
  await until(() => s.sls.faults.taken > 0);
  giveUp.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
});

Deno.test("A fault that drips sends the true answer in pieces", async () => {
  await using s = await scene();
  s.sls.faults.next("PullLogs", faults.dripFault(50, 1000));
  let arrived = false;
  const pulled = s.pull(s.cursor(0)).finally(() => arrived = true);
  await until(() => s.clock.sleeping > 0);
  assert.equal(arrived, false);
  while (!arrived) await s.clock.advance(1000);
  assert.deepEqual((await pulled).body, workedBody);
});

for (
  const { name, fault, check } of [
    {
      name: "flips a byte",
      fault: faults.flipByteFault(-1),
      check: ({ body }) => {
        assert.equal(body.at(-1), workedBody.at(-1)! ^ 0xff);
        assert.deepEqual(body.slice(0, -1), workedBody.slice(0, -1));
      },
    },
    {
      name: "truncates the body",
      fault: faults.truncateFault(50),
      check: ({ body }) => assert.deepEqual(body, workedBody.slice(0, 50)),
    },
    {
      name: "lies about the size",
      fault: faults.wrongRawSizeFault(-7),
      check: ({ headers }) => assert.equal(headers.get("x-log-bodyrawsize"), "100"),
    },
    {
      name: "empties the cursor",
      fault: faults.headerFault("x-log-cursor", ""),
      check: ({ headers }) => assert.equal(headers.get("x-log-cursor"), ""),
    },
    {
      name: "leaves out a header",
      fault: faults.headerFault("x-log-count", undefined),
      check: ({ headers }) => assert.equal(headers.get("x-log-count"), null),
    },
  ] as {
    name: string;
    fault: Fault;
    check: (answer: Awaited<ReturnType<Scene["pull"]>>) => void;
  }[]
) {
  Deno.test(`A fault that ${name} keeps the rest of the answer`, async () => {
    await using s = await scene();
    s.sls.faults.next("PullLogs", fault);
    const answer = await s.pull(s.cursor(0));
    assert.equal(answer.status, 200);
    check(answer);
    assert.deepEqual((await s.pull(s.cursor(0))).body, workedBody);
  });
}

Deno.test("FaultPlan chooses faults by project, shard and group, queued ones before the rule's", async () => {
  await using s = await scene();
  const seen: string[] = [];
  s.sls.faults.rule = ({ call, project, logstore, shard, group, consumer, n }) => {
    seen.push(`${call} ${n} ${project} ${logstore} ${shard} ${group} ${consumer}`.trimEnd());
    return call === "PullLogs" && n % 2 === 0 ? faults.slsFault(503, "ServerBusy") : undefined;
  };
  s.sls.faults.next(({ shard, n }) => shard === "0" && n === 3, faults.htmlFault(504));
  const pulls: string[] = [];
  for (let i = 0; i < 4; i++) pulls.push(outcome(await s.pull(s.cursor(0))));
  assert.deepEqual(pulls, ["200", "503 ServerBusy", "504", "503 ServerBusy"]);
  await commit(s);
  await s.send("GET /nowhere");
  assert.deepEqual(seen, [
    "PullLogs 1 p l 0",
    "PullLogs 2 p l 0",
    "PullLogs 4 p l 0",
    "UpdateCheckPoint 1 p l  g a",
    "Unknown 1 p",
  ]);
  assert.equal(s.sls.faults.callsOf("PullLogs"), 4);
  s.sls.faults.next("PullLogs", faults.htmlFault(500));
  s.sls.faults.clear();
  assert.equal(outcome(await s.pull(s.cursor(0))), "200");
});
