import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hecAnswer } from "../../src/emulator/core/hec/hec_answers.ts";
import { refuse } from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import type { Fault } from "../../src/emulator/sls/fault_plan.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { sls2hec } from "../support/command.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const TOKEN = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0";
const KEY = {
  id: "LTAI5tRepeatedId",
  secret: "hGVkRepeatedKeySecret",
  securityToken: "CAISRepeatedStsToken",
};
const SECRETS = [TOKEN, KEY.secret, KEY.securityToken];

/** All that a server may make of a secret. */
const echo = (secret: string) =>
  [
    secret,
    secret.toLowerCase(),
    Buffer.from(secret).toString("base64"),
    Buffer.from(`x:${secret}`).toString("base64url"),
    Buffer.from(secret).toString("hex"),
    [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(""),
    secret.slice(0, 12),
  ].join(" ");
const ECHO = SECRETS.map(echo).join(" \x1b[2J\u202e ");

/** What must be nowhere: the whole secrets in each form, and 8 characters of them. */
const NEVER = SECRETS.flatMap((secret) => [
  secret.slice(0, 8).toLowerCase(),
  secret.slice(-8).toLowerCase(),
  Buffer.from(secret).toString("base64").slice(0, 8).toLowerCase(),
  Buffer.from(`x:${secret}`).toString("base64").slice(4, 12).toLowerCase(),
  Buffer.from(secret).toString("hex").slice(0, 16),
  `%${Buffer.from(secret.slice(0, 1)).toString("hex")}%`,
]);

function assertClean(where: string, text: string): void {
  for (const part of NEVER) {
    assert.ok(!text.toLowerCase().includes(part), `${where} has ${part}:\n${text}`);
  }
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u, where);
}

function echoingSls(status: number): Fault {
  return {
    when: "before",
    answer: (_, common) => ({
      do: "respond",
      response: {
        status,
        headers: {
          ...common,
          "content-type": "application/json",
          "x-log-requestid": `${KEY.securityToken} ${Buffer.from(KEY.secret).toString("base64")}`,
        },
        body: JSON.stringify({ errorCode: `Server${KEY.secret}`, errorMessage: ECHO }),
      },
    }),
  };
}

for (const [format, workers] of [["text", 0], ["json", 0], ["text", 1]] as const) {
  Deno.test(`what servers repeat of secrets is nowhere (log as ${format}, ${workers} workers)`, async () => {
    const folder = Deno.makeTempDirSync();
    await using sls = SlsEmulator.start({
      accessKeys: [KEY],
      projects: [{ name: "p", logstores: [{ name: "l", shards: 1 }] }],
    });
    await using hec = HecEmulator.start({ tokens: [{ name: "t", token: TOKEN }] });
    try {
      sls.data.append(
        { project: "p", logstore: "l", shard: 0 },
        encodeLogGroup({
          logs: Array.from({ length: 3 }, (_, i) => ({
            timeSec: 1_759_739_400 + i,
            contents: [["text", `the event's own ${KEY.secret}\u2028`]],
          })),
        }),
      );
      sls.faults.rule = ({ call, n }) =>
        call !== "PullLogs" && n === 1 ? echoingSls(503) : undefined;
      sls.faults.next("PullLogs", echoingSls(500), echoingSls(400));
      // First busy, then the three events are refused one by one.
      const answers = [hecAnswer(9), hecAnswer(6, { invalidEventNumber: 0 })];
      hec.rule = (_, n) => {
        const due = answers[Math.min(n, answers.length) - 1]!;
        return refuse("an echo", {
          ...due,
          body: JSON.stringify({ ...JSON.parse(String(due.body)), text: ECHO }),
        });
      };
      const env = {
        SLS_ENDPOINT: sls.url,
        SLS_AK_ID: KEY.id,
        SLS_AK_KEY: KEY.secret,
        STS: KEY.securityToken,
        SLS_PROJECT: "p",
        SLS_LOGSTORE: "l",
        SLS_CG: "g",
        SPLUNK_HEC_URL: hec.url,
        SPLUNK_HEC_TOKEN: TOKEN,
      };
      const config = {
        sls: { credentials: { security_token: "${env:STS}" } },
        consumer: { checkpoint_interval: "1s" },
        dead_letters: { folder: "dead", guard: { max_refused_percent: "100" } },
        ledger: { file: "ledger.jsonl" },
        log: { format, level: "debug" },
        workers,
      };
      Deno.writeTextFileSync(`${folder}/c.yaml`, JSON.stringify(config));
      const run = new Forwarder(["-c", "c.yaml"], env, folder);
      const letters = () => {
        try {
          return [...Deno.readDirSync(`${folder}/dead`)].map(({ name }) =>
            Deno.readTextFileSync(`${folder}/dead/${name}`)
          ).join("").trim().split("\n");
        } catch (error) {
          if (error instanceof Deno.errors.NotFound) return [];
          throw error;
        }
      };
      const ledger = () => Deno.readTextFileSync(`${folder}/ledger.jsonl`);
      try {
        await until("three letters", 60_000, () => letters().length === 3);
        await until("a line of the ledger", 60_000, () => ledger().includes('"parked":3'));
      } finally {
        run.kill("SIGTERM");
      }
      const { log } = await run.ended();
      assertClean("the log", log);
      assertClean("the ledger", ledger());
      assert.ok(log.split("[secret]").length > 4, log);
      for (const line of letters()) {
        const { envelope, text } = JSON.parse(line);
        assertClean("a dead letter", text);
        assert.ok(text.length <= 201 && text.includes("[secret]"), text);
        assert.match(
          envelope,
          new RegExp(`the event's own ${KEY.secret}\u2028`),
          "the event is whole",
        );
      }
      const list = await sls2hec(["dead-letters", "list", "-c", "c.yaml"], env, folder);
      assertClean("the list", list.out.join("\n") + list.err);
      const shown = await sls2hec(["dead-letters", "show", "-c", "c.yaml"], env, folder);
      assert.deepEqual(
        shown.out.map((line) => JSON.parse(line).envelope),
        letters().map((line) => JSON.parse(line).envelope),
        "an event is printed to the byte",
      );
      const replay = await sls2hec(["dead-letters", "replay", "-c", "c.yaml"], env, folder);
      assertClean("the replay", replay.out.join("\n") + replay.err);
      assert.match(replay.err, /refused again: 400, code 6 "\[secret\]/);
      sls.faults.rule = () => echoingSls(403);
      const checkpoint = await sls2hec(["checkpoint", "show", "-c", "c.yaml"], env, folder);
      assert.equal(checkpoint.code, 1);
      assertClean("an error of a command", checkpoint.out.join("\n") + checkpoint.err);
      assert.match(checkpoint.err, /\[secret\]/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("what a proxy repeats of its login, at whatever length, is cut and without the password", async () => {
  const password = "hunter2X-9f8e7d6c-Zq";
  const folder = Deno.makeTempDirSync();
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const answering = (async () => {
    for await (const connection of listener) {
      using _ = connection;
      const bytes = new Uint8Array(8192);
      const head = new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
      const [, login = "none"] = /proxy-authorization: (.*)/i.exec(head) ?? [];
      const reason = `${login} ${password} \x1b[2J ${"z".repeat(3000)}`;
      await connection.write(new TextEncoder().encode(`HTTP/1.1 407 ${reason}\r\n\r\n`));
    }
  })();
  try {
    const letter = { time: "2026-10-06T08:30:00.000Z", source: "p/l", shard: 0, cursor: "" };
    const refusal = { index_in_page: 0, reason: "refused", status: 400, code: 6, text: "" };
    const line = JSON.stringify({ ...letter, ...refusal, envelope: '{"event":"a"}' });
    Deno.mkdirSync(`${folder}/dead-letters`);
    Deno.writeTextFileSync(`${folder}/dead-letters/1.jsonl`, `${line}\n`);
    const { port } = listener.addr as Deno.NetAddr;
    const config = { hec: { proxy: `http://u:${password}@127.0.0.1:${port}` } };
    Deno.writeTextFileSync(`${folder}/c.yaml`, JSON.stringify(config));
    const env = {
      SLS_ENDPOINT: "cn-hangzhou",
      SLS_AK_ID: "id",
      SLS_AK_KEY: "secret",
      SLS_PROJECT: "p",
      SLS_LOGSTORE: "l",
      SLS_CG: "g",
      SPLUNK_HEC_URL: "https://splunk.test:8088",
      SPLUNK_HEC_TOKEN: TOKEN,
    };
    const run = new Forwarder(["replay", "-c", "c.yaml"], env, folder, undefined, "dead-letters");
    try {
      await until("the failure", 60_000, () => run.logSoFar.includes("407"));
    } finally {
      run.kill("SIGTERM");
    }
    const { log } = await run.ended();
    assert.match(
      log,
      /The proxy http:\/\/127\.0\.0\.1:\d+ \(hec\.proxy\) refuses the login \(407\)/,
    );
    assert.doesNotMatch(log, /hunter2X|z{200}/);
  } finally {
    listener.close();
    await answering.catch(() => {}); // it ends with the listener
    await Deno.remove(folder, { recursive: true });
  }
});
