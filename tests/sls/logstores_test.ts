import assert from "node:assert/strict";
import { Logstores } from "../../src/sls/logstores.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { loadedPatterns as loaded } from "../config/test_sources.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { quietDeps } from "../support/quiet_deps.ts";
import { ScriptedSls } from "./scripted_sls.ts";

const NEVER = new AbortController().signal;

function listOf(names: readonly unknown[], total: unknown = names.length): Response {
  return Response.json({ total, count: names.length, logstores: names });
}

function names(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `l${from + i}`);
}

Deno.test("Logstores reads all pages, and leaves out what the list of metric stores has", async () => {
  const sls = new ScriptedSls([
    listOf(names(0, 500), 1001),
    listOf(names(500, 500), 1001),
    listOf(["l1000"], 1001),
    listOf(["l3"]),
  ]);
  const found = await new Logstores(sls.requester, "p").names((name) => name.endsWith("3"), NEVER);
  assert.deepEqual([found.length, found.includes("l3"), found[0]], [99, false, "l13"]);
  assert.deepEqual(sls.sent.map(({ url }) => new URL(url).search), [
    "?offset=0&size=500",
    "?offset=500&size=500",
    "?offset=1000&size=500",
    "?offset=0&size=500&telemetryType=Metrics",
  ]);
});

Deno.test("Logstores asks each logstore for its type when a service does not know the filter", async () => {
  const sls = new ScriptedSls([
    listOf(["a", "b", "other"]),
    listOf(["a", "b", "other"]),
    Response.json({ logstoreName: "a", telemetryType: "Metrics" }),
    Response.json({ logstoreName: "b" }),
  ]);
  const found = await new Logstores(sls.requester, "p").names((name) => name !== "other", NEVER);
  assert.deepEqual(found, ["b"]);
});

Deno.test("Logstores names the action that is denied when it asks for a type", async () => {
  const denied = Response.json(
    { errorCode: "Unauthorized", errorMessage: "denied by sts or ram, action: log:GetLogStore" },
    { status: 401 },
  );
  const sls = new ScriptedSls([listOf(["a"]), listOf(["a"]), denied]);
  await assert.rejects(new Logstores(sls.requester, "p").names(() => true, NEVER), (error) => {
    assert.ok(error instanceof SlsError);
    return /Allow the action log:GetLogStore on/.test(error.hint);
  });
});

Deno.test("Logstores asks for no metric stores when no name is wanted", async () => {
  const sls = new ScriptedSls([listOf(["a"])]);
  assert.deepEqual(await new Logstores(sls.requester, "p").names(() => false, NEVER), []);
  assert.equal(sls.sent.length, 1);
});

Deno.test("Logstores ends whatever total is said, and reads at most 20,000 names", async () => {
  const pages = Array.from({ length: 40 }, (_, i) => listOf(names(i * 500, 500), 10 ** 9));
  const sls = new ScriptedSls([...pages, listOf([])]);
  const found = await new Logstores(sls.requester, "p").names(() => true, NEVER);
  assert.equal(found.length, 20_000);
  const short = new ScriptedSls([listOf(["a"], 7), listOf([], 7), listOf([])]);
  assert.deepEqual(await new Logstores(short.requester, "p").names(() => true, NEVER), ["a"]);
});

const refused: [sentence: string, answer: Response, message: RegExp][] = [
  ["no list", Response.json({ total: 1 }), /are not a list of logstores/],
  ["no total", Response.json({ logstores: ["a"] }), /are not a list of logstores/],
  ["names joined to one text", Response.json({ total: 2, logstores: "a,b" }), /are not a list/],
  ["a number for a name", listOf([7]), /are not a list of logstores/],
  ["a name that is none", listOf(["a/b"]), /with the name of a logstore of 3 characters/],
  ["more names than were asked for", listOf(names(0, 501)), /501 logstores, expected at most 500/],
];
for (const [sentence, answer, message] of refused) {
  Deno.test(`Logstores refuses an answer with ${sentence}`, async () => {
    const sls = new ScriptedSls([answer]);
    await assert.rejects(new Logstores(sls.requester, "p").names(() => true, NEVER), (error) => {
      assert.ok(error instanceof SlsError);
      assert.match(error.message, message);
      return error.kind === "bad_answer";
    });
  });
}

for (const region of ["", ", region: cn-hangzhou"]) {
  Deno.test(`ListLogStores is signed as the emulator checks it${region}, and knows metric stores`, async () => {
    await using emulator = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret", deniedActions: [] }],
      projects: [{
        name: "p",
        logstores: [{ name: "audit-1" }, { name: "cpu", telemetryType: "Metrics" }],
      }],
    });
    const { patterns: [pattern] } = loaded({
      text: `
sls: { endpoint: "${emulator.url}"${region}, credentials: { access_key_id: id, access_key_secret: secret } }
consumer: { group: g }
hec: { url: "http://h", token: t }
sources: [{ project: p, logstore: "*" }]
`,
    });
    using sls = openSls(quietDeps(new FakeClock(Date.now())));
    const logstores = sls.logstoresOf(pattern!);
    assert.deepEqual(await logstores.names(() => true, NEVER), ["audit-1"]);
    emulator.accessKeys = [{ id: "id", secret: "secret", deniedActions: ["log:ListLogStores"] }];
    await assert.rejects(logstores.names(() => true, NEVER), (error) => {
      assert.ok(error instanceof SlsError);
      assert.match(error.hint, /Allow the action log:ListLogStores on acs:log:\*:\*:project\/p\//);
      return error.kind === "credentials";
    });
    emulator.faults.next("ListLogStores", slsFault(401, "Unauthorized"));
    await assert.rejects(logstores.names(() => true, NEVER), (error) => {
      return error instanceof SlsError && !error.hint.includes("ListLogStores");
    });
  });
}
