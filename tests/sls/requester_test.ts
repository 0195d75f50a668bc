import assert from "node:assert/strict";
import zlib from "node:zlib";
import { Secret } from "../../src/base/secret.ts";
import type { Credentials } from "../../src/sls/credentials.ts";
import { readJson } from "../../src/sls/json_answer.ts";
import type { SlsCall } from "../../src/sls/sls_request.ts";
import { SlsError, type SlsErrorKind } from "../../src/sls/sls_error.ts";
import { html, KEY, ok, refusal, REQUEST_ID, type Script, ScriptedSls } from "./scripted_sls.ts";

const LIST: SlsCall = { name: "ListThings of p/l", method: "GET", path: "/logstores/l/things" };
const read = (response: Response) => response.text();

/** What a call that fails fails with. */
async function failure(sls: ScriptedSls, signal?: AbortSignal): Promise<SlsError> {
  const error = await sls.requester.call(LIST, signal, read).then(() => undefined, (e) => e);
  assert.ok(error instanceof SlsError, `${error}`);
  return error;
}

Deno.test("SlsRequester names the project in Host, itself in User-Agent, and asks for no encoding", async () => {
  const sls = new ScriptedSls([ok([])]);
  assert.equal(await sls.requester.call({ ...LIST, query: { a: "b c+é" } }, undefined, read), "[]");
  const { method, url, headers } = sls.last;
  assert.equal(method, "GET");
  assert.equal(url, "http://127.0.0.1:1/logstores/l/things?a=b+c%2B%C3%A9");
  assert.equal(headers.get("host"), "p.127.0.0.1:1");
  assert.equal(headers.get("user-agent"), "test/1");
  assert.equal(headers.get("accept-encoding"), "identity");
  assert.equal(headers.get("x-log-apiversion"), "0.6.0");
  assert.equal(headers.get("x-log-bodyrawsize"), "0");
  assert.equal(headers.get("content-type"), null);
  assert.match(headers.get("authorization") ?? "", /^LOG LTAI4TESTEXAMPLEKEYID:/);
});

Deno.test("SlsRequester sends JSON with its size and type, signed for the region when there is one", async () => {
  const sls = new ScriptedSls([ok()], { region: "cn-hangzhou" });
  await sls.requester.call({ ...LIST, method: "POST", json: [0, 1] }, undefined, read);
  const { headers, body } = sls.last;
  assert.equal(body, "[0,1]");
  assert.equal(headers.get("x-log-bodyrawsize"), "5");
  assert.equal(headers.get("content-type"), "application/json");
  assert.match(headers.get("authorization") ?? "", /^SLS4-HMAC-SHA256 Credential=.*cn-hangzhou/);
});

for (const code of ["RequestTimeTooSkewed", "RequestTimeExpired"]) {
  Deno.test(`SlsRequester learns the server's time from ${code}, and keeps to it`, async () => {
    const date = "Tue, 06 Oct 2026 10:00:00 GMT"; // an hour and a half ahead
    const sls = new ScriptedSls([refusal(400, code, "", { date }), ok(), ok()]);
    await sls.requester.call(LIST, undefined, read);
    await sls.clock.advance(1000);
    await sls.requester.call(LIST, undefined, read);
    assert.deepEqual(sls.sent.map(({ headers }) => headers.get("date")), [
      "Tue, 06 Oct 2026 08:30:00 GMT",
      "Tue, 06 Oct 2026 10:00:00 GMT",
      "Tue, 06 Oct 2026 10:00:01 GMT",
    ]);
  });
}

Deno.test("SlsRequester that is refused for its time again gives up, also when the server names none", async () => {
  const refused = () => refusal(400, "RequestTimeTooSkewed");
  const error = await failure(new ScriptedSls([refused(), refused()]));
  assert.equal(error.kind, "clock_skew");
});

Deno.test("SlsRequester tries once more with newer credentials, signed by them", async () => {
  const newer: Credentials = { ...KEY, accessKeyId: "NEWER" };
  const sls = new ScriptedSls([refusal(401, "Unauthorized"), ok()], {
    credentials: { current: () => Promise.resolve(KEY), renew: () => Promise.resolve(newer) },
  });
  await sls.requester.call(LIST, undefined, read);
  assert.match(sls.last.headers.get("authorization") ?? "", /^LOG NEWER:/);
});

const failures: [sentence: string, script: Script, kind: SlsErrorKind, message: string][] = [
  [
    "a refusal, with its code and request id",
    refusal(404, "LogStoreNotExist", "logstore l does not exist"),
    "logstore_missing",
    `Cannot ListThings of p/l: SLS answered 404 LogStoreNotExist "logstore l does not exist" ` +
    `(request id ${REQUEST_ID})`,
  ],
  [
    "a gateway's page as an answer without an SLS error",
    html(502),
    "server",
    'Cannot ListThings of p/l: SLS answered 502 without an SLS error, but the page "hidden-page"',
  ],
  [
    "a page in place of a refusal as something other than SLS",
    html(404),
    "bad_answer",
    'Cannot ListThings of p/l: SLS answered 404 without an SLS error, but the page "hidden-page"',
  ],
  [
    "a redirect, which is not followed",
    new Response(null, { status: 302, headers: { location: "http://other" } }),
    "bad_answer",
    "Cannot ListThings of p/l: SLS answered 302 without an SLS error, and leads to http://other",
  ],
  [
    "half an SLS error as none",
    new Response(`{"errorCode":"LogStoreNotExist"}`, { status: 400 }),
    "bad_answer",
    "Cannot ListThings of p/l: SLS answered 400 without an SLS error",
  ],
  [
    "a connection that fails, with the cause",
    new TypeError("error sending request", { cause: new Error("connection refused") }),
    "network",
    "Cannot ListThings of p/l: error sending request: connection refused",
  ],
];
for (const [sentence, script, kind, message] of failures) {
  Deno.test(`SlsRequester reports ${sentence}`, async () => {
    const error = await failure(new ScriptedSls([script]));
    assert.deepEqual([error.kind, error.message], [kind, message]);
    assert.notEqual(error.hint, "");
  });
}

Deno.test("SlsRequester repeats no secret that the server repeats, and no endless text", async () => {
  const securityToken = new Secret("CAISexampleStsToken");
  const credentials: Credentials = { ...KEY, securityToken };
  const text = `token CAISexampleStsToken secret ${KEY.accessKeySecret.reveal()} ${
    "x".repeat(900)
  }`;
  const sls = new ScriptedSls([refusal(401, "Unauthorized", text)], {
    credentials: {
      current: () => Promise.resolve(credentials),
      renew: () => Promise.resolve(undefined),
    },
  });
  const { message } = await failure(sls);
  assert.match(message, /token \[secret\] secret \[secret\] x+…/);
  assert.ok(message.length < 500);
});

Deno.test("SlsRequester gives up on an answer that does not come in time", async () => {
  const sls = new ScriptedSls(["hang"]);
  const failing = failure(sls);
  await sls.clock.advance(60_000);
  const { kind, message } = await failing;
  assert.equal(kind, "network");
  assert.match(message, /longer than 60000 ms/);
});

Deno.test("SlsRequester throws the caller's reason when the caller gives up", async () => {
  const sls = new ScriptedSls(["hang"]);
  const stop = new AbortController();
  const reason = new Error("stopped");
  const calling = sls.requester.call(LIST, stop.signal, read);
  await sls.clock.advance(0);
  stop.abort(reason);
  await assert.rejects(calling, (error) => error === reason);
});

Deno.test("SlsRequester frees the connection of an answer that was not read", async () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  const sls = new ScriptedSls([new Response(body)]);
  const reading = sls.requester.call(LIST, undefined, () => Promise.reject(new Error("no")));
  await assert.rejects(reading);
  assert.ok(cancelled);
});

for (const [coding, encode] of [["gzip", zlib.gzipSync], ["deflate", zlib.deflateSync]] as const) {
  Deno.test(`SlsRequester reads a refusal that a gateway has put into ${coding}`, async () => {
    const body = JSON.stringify({ errorCode: "ShardNotExist", errorMessage: "no shard" });
    const headers = { "content-encoding": coding };
    const sls = new ScriptedSls([
      new Response(new Uint8Array(encode(body)), { status: 404, headers }),
    ]);
    const { code, message } = await failure(sls);
    assert.equal(code, "ShardNotExist");
    assert.match(message, /ShardNotExist "no shard"/);
  });

  Deno.test(`SlsRequester's answers in JSON are read when a gateway has put them into ${coding}`, async () => {
    const headers = { "content-encoding": coding };
    const response = new Response(new Uint8Array(encode('{"a":[1]}')), { headers });
    assert.deepEqual(
      await readJson("X", { expected: "an object", check: (json) => json }, response, ""),
      { a: [1] },
    );
  });
}

for (
  const [what, date, expectedMs] of [
    ["an answer of a server two hours ahead", 7_200_000, 7_200_500],
    ["an answer of a server an hour behind", -3_600_000, -3_599_500],
    ["a second of difference, which may be the line", 1000, 0],
    ["an answer without a date", undefined, 0],
  ] as const
) {
  Deno.test(`SlsRequester knows the server's time after ${what}`, async () => {
    const headers = (sls: ScriptedSls): Record<string, string> =>
      date === undefined ? {} : { date: new Date(sls.clock.nowMs() + date).toUTCString() };
    const scripts: Response[] = [];
    const sls = new ScriptedSls(scripts);
    scripts.push(ok([], headers(sls)));
    assert.equal(sls.requester.serverNowMs, sls.clock.nowMs());
    await sls.requester.call(LIST, undefined, read);
    assert.equal(sls.requester.serverNowMs - sls.clock.nowMs(), expectedMs);
  });
}
