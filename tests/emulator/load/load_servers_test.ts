import assert from "node:assert/strict";
import { LOAD_KINDS } from "../../../src/emulator/load/load_logs.ts";
import { groupsFor, makeLoadPage } from "../../../src/emulator/load/load_page.ts";
import { LoadServers } from "../../../src/emulator/load/load_servers.ts";
import { decodeLz4Block } from "../../../src/emulator/core/sls/decode_lz4_block.ts";
import { seededRandom } from "../../support/seeded_random.ts";

const OPTIONS = { kind: "nginx", pageBytes: 100_000, shards: 3 } as const;

for (const kind of LOAD_KINDS) {
  Deno.test(`a load page of kind ${kind} holds what its headers will say`, () => {
    const random = seededRandom(1);
    const groups = groupsFor(kind, 200_000, random);
    const page = makeLoadPage(kind, groups, random);
    assert.deepEqual(decodeLz4Block(page.body, page.raw.length), page.raw);
    assert.equal(page.groups, groups);
    assert.ok(Math.abs(page.raw.length - 200_000) < 100_000, `${page.raw.length} bytes`);
  });
}

Deno.test("the load servers answer a consumer's calls and count what they carry", async () => {
  await using load = new LoadServers(OPTIONS, seededRandom(2));
  const call = async (path: string, init?: RequestInit) => await fetch(load.slsUrl + path, init);
  const group = "/logstores/l/consumergroups/g";
  const heartbeat = await call(`${group}?type=heartbeat&consumer=c`, {
    method: "POST",
    body: "[]",
  });
  assert.deepEqual(await heartbeat.json(), [0, 1, 2]);
  assert.deepEqual(await (await call("/logstores/l/consumergroups")).json(), []);
  const none = (shard: number) => ({ shard, checkpoint: "", updateTime: 0, consumer: "" });
  assert.deepEqual(await (await call(group)).json(), [none(0), none(1), none(2)]);
  assert.deepEqual(await (await call(`${group}?shard=1`)).json(), [none(1)]);
  assert.equal((await (await call("/logstores/l/shards")).json()).length, 3);
  assert.deepEqual(await (await call("/logstores/l")).json(), { logstoreName: "l", ttl: 30 });
  const { cursor } = await (await call("/logstores/l/shards/0?type=cursor&from=begin")).json();
  const pull = await call(`/logstores/l/shards/0?type=logs&count=1000&cursor=${cursor}`);
  const body = new Uint8Array(await pull.arrayBuffer());
  const rawBytes = Number(pull.headers.get("x-log-bodyrawsize"));
  assert.equal(decodeLz4Block(body, rawBytes).length, rawBytes);
  const next = pull.headers.get("x-log-cursor");
  assert.notEqual(next, cursor);
  const written = await call(`${group}?type=checkpoint&consumer=c`, {
    method: "POST",
    body: JSON.stringify({ shard: 0, checkpoint: next }),
  });
  await written.body?.cancel();
  const post = await fetch(`${load.hecUrl}/services/collector`, { method: "POST", body: "12345" });
  assert.deepEqual(await post.json(), { text: "Success", code: 0 });
  const { pulledRawBytes, finishedRawBytes, pulledPages, requests, wireBytes } = load.counts;
  assert.deepEqual(
    { pulledRawBytes, finishedRawBytes, pulledPages, requests, wireBytes },
    {
      pulledRawBytes: rawBytes,
      finishedRawBytes: rawBytes,
      pulledPages: 1,
      requests: 1,
      wireBytes: 5,
    },
  );
});

Deno.test("a load with a rate serves no page before its time", async () => {
  await using load = new LoadServers({ ...OPTIONS, maxBytesPerSec: 1 }, seededRandom(3));
  const pull = async () => {
    const answer = await fetch(`${load.slsUrl}/logstores/l/shards/0?type=logs&cursor=MA==`);
    await answer.body?.cancel();
    return {
      cursor: answer.headers.get("x-log-cursor"),
      end: answer.headers.get("x-log-end-of-cursor"),
    };
  };
  assert.equal((await pull()).end, "0");
  assert.deepEqual(await pull(), { cursor: "MA==", end: "1" });
});

Deno.test("a load reports the end of the shard on every page with caughtUp", async () => {
  await using load = new LoadServers({ ...OPTIONS, caughtUp: true }, seededRandom(4));
  const answer = await fetch(`${load.slsUrl}/logstores/l/shards/0?type=logs&cursor=MA==`);
  await answer.body?.cancel();
  assert.notEqual(answer.headers.get("x-log-cursor"), "MA==");
  assert.equal(answer.headers.get("x-log-end-of-cursor"), "1");
});
