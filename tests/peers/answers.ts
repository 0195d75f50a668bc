import assert from "node:assert/strict";
import { ConsumerGroup } from "../../src/sls/consumer_group.ts";
import { PullLogs } from "../../src/sls/pull_logs.ts";
import { Shards } from "../../src/sls/shards.ts";
import { ok, refusal, ScriptedSls } from "../sls/scripted_sls.ts";
import { CURSOR } from "./peer_values.ts";

/** A 200 answer to one call; JSON as it stands, where the test gives a text. */
export function json(value: unknown): ScriptedSls {
  return new ScriptedSls([typeof value === "string" ? new Response(value) : ok(value)]);
}

/** A page's answer with these headers over those of an empty page. */
export async function pulled(headers: Record<string, string>, query?: string) {
  const all = { "x-log-cursor": CURSOR, "x-log-count": "0", "x-log-bodyrawsize": "0", ...headers };
  const { requester } = new ScriptedSls([ok(undefined, all)]);
  const page = await new PullLogs(requester, "p", "l").pull(
    { shard: 0, cursor: CURSOR, count: 1000, query },
    () => undefined,
  );
  assert.ok(page.kind === "page" || page.kind === "too_big");
  return page;
}

export const shards = (value: unknown) => new Shards(json(value).requester, "p", "l");
export const group = (value: unknown) => new ConsumerGroup(json(value).requester, "p", "l", "g");
export const row = (more: object) => [{ shard: 0, checkpoint: "", ...more }];
export const head = async (headers: Record<string, string>, query?: string) => {
  const page = await pulled(headers, query);
  assert.equal(page.kind, "page");
  return page as Extract<typeof page, { kind: "page" }>;
};

/** The refusal of a call, as it is reported; the `Date` moves the time of the next request. */
export async function refusalText(
  code: string,
  message: string,
  requestId: string,
): Promise<string> {
  const { requester } = new ScriptedSls([
    refusal(400, code, message, { "x-log-requestid": requestId }),
  ]);
  const list = new Shards(requester, "p", "l").list();
  return await list.then(() => "", (error) => error.message);
}

/** The date that the request after a refused time is signed with, by signature v4. */
export async function dateAfter(date: string): Promise<string | null> {
  const sls = new ScriptedSls([refusal(400, "RequestTimeTooSkewed", "", { date }), ok([])], {
    region: "cn-hangzhou",
  });
  await new Shards(sls.requester, "p", "l").list();
  return sls.last.headers.get("x-log-date");
}
export const OWN_DATE = "20261006T083000Z";
