import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import { refusal, ScriptedSls } from "./scripted_sls.ts";

/** The cause of a call's failure. */
async function causeOf(script: Response | Error, path = "/logstores/l/shards/3") {
  const sls = new ScriptedSls([script, script]);
  const call = { name: "PullLogs of p/l shard 3", method: "GET", path } as const;
  try {
    await sls.requester.call(call, undefined, () => Promise.resolve());
  } catch (error) {
    assert.ok(error instanceof SlsError);
    return error.troubleCause;
  }
  assert.fail("the call did not fail");
}

const what = "SLS at 127.0.0.1:1";

Deno.test("An SLS that does not answer is one cause for all projects of its endpoint", async () => {
  assert.deepEqual(await causeOf(new TypeError("refused")), { what, kind: "network" });
  assert.deepEqual(await causeOf(new TypeError("refused"), "/"), { what, kind: "network" });
});

Deno.test("An SLS that fails is another cause, the same for each of its codes", async () => {
  assert.deepEqual(await causeOf(refusal(500, "InternalServerError")), { what, kind: "server" });
  assert.deepEqual(await causeOf(refusal(503, "ServerBusy")), { what, kind: "server" });
});

Deno.test("A wrong key is one cause, whatever signature the answer repeats", async () => {
  const kind = "credentials SignatureNotMatch";
  for (const text of ["signature abc= differs", "signature xyz= differs"]) {
    assert.deepEqual(await causeOf(refusal(401, "SignatureNotMatch", text)), { what, kind });
  }
});

Deno.test("A quota is one cause for all shards that exceed it", async () => {
  const refused = refusal(403, "ReadQuotaExceed");
  assert.deepEqual(await causeOf(refused), { what, kind: "throttled ReadQuotaExceed" });
});

Deno.test("A logstore that is not there is a separate cause", async () => {
  const missing = () => refusal(404, "LogStoreNotExist");
  const kind = "logstore_missing LogStoreNotExist of p/";
  assert.deepEqual(await causeOf(missing()), { what, kind: `${kind}l` });
  assert.deepEqual(await causeOf(missing(), "/logstores/m"), { what, kind: `${kind}m` });
});

Deno.test("What concerns one shard has no cause in common with others", async () => {
  for (const code of ["InvalidCursor", "ShardNotExist", "ConsumerNotMatch"]) {
    assert.equal(await causeOf(refusal(400, code)), undefined, code);
  }
});

Deno.test("Credentials that cannot be had are one cause for all endpoints", () => {
  const error = new SlsError("credentials", "Cannot read the file");
  assert.deepEqual(error.troubleCause, { what: "The SLS credentials", kind: "credentials" });
});
