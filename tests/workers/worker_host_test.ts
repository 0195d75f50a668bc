import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import type { DataPlane } from "../../src/consumer/ports.ts";
import { MainRpcClient } from "../../src/workers/main_rpc.ts";
import { RemoteProxies } from "../../src/workers/remote_proxies.ts";
import { RemoteRates } from "../../src/workers/remote_rates.ts";
import { serialize } from "../../src/workers/serialize.ts";
import { WorkerHost } from "../../src/workers/worker_host.ts";
import type { FromWorker } from "../../src/workers/worker_messages.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A host whose sources end their runs by their own name, as a drained cursor would. */
function setUp() {
  const clock = new FakeClock();
  const posted: FromWorker[] = [];
  const calls: string[] = [];
  const post = (message: FromWorker) => posted.push(message);
  const host = new WorkerHost({
    post,
    sources: {
      add: (source, setup): DataPlane => {
        calls.push(`add ${source} ${(setup as { token: Secret }).token.reveal()}`);
        return {
          run: ({ lost, revoked }) => {
            if (source !== "waits") return Promise.resolve({ kind: "drained" });
            return new Promise((resolve) => {
              revoked.addEventListener("abort", () => resolve({ kind: "drained" }));
              lost.addEventListener("abort", () => resolve({ kind: "lost" }));
            });
          },
          notify: () => Promise.resolve(),
        };
      },
      remove: (source) => calls.push(`remove ${source}`),
      hold: (source, held) => calls.push(`hold ${source} ${held}`),
    },
    proxies: new RemoteProxies(post),
    rates: new RemoteRates(post),
    main: new MainRpcClient(post),
  });
  const add = (source: string) => {
    const setup = serialize({ token: new Secret(`token of ${source}`) });
    host.handle({ type: "add_source", source, setup });
  };
  return { clock, host, posted, calls, add };
}

Deno.test("WorkerHost runs shards of the sources that it has been given, and of no other", async () => {
  const { clock, host, posted, calls, add } = setUp();
  add("p/a");
  add("p/b");
  host.handle({ type: "hold", source: "p/b", held: true });
  host.handle({ type: "start", run: 1, source: "p/a", shard: 0, cursor: "c" });
  host.handle({ type: "notify", run: 2, source: "p/b", event: { sls2hec: "gap" } });
  await clock.advance(0);
  assert.deepEqual(posted, [
    { type: "ended", run: 1, end: { kind: "drained" } },
    { type: "notified", run: 2 },
  ]);
  host.handle({ type: "remove_source", source: "p/a" });
  host.handle({ type: "start", run: 3, source: "p/a", shard: 0, cursor: "c" });
  await clock.advance(0);
  const failed = posted[2]!;
  assert.ok(failed.type === "failed" && failed.run === 3 && failed.message.includes("p/a"));
  assert.deepEqual(calls, [
    "add p/a token of p/a",
    "add p/b token of p/b",
    "hold p/b true",
    "remove p/a",
  ]);
});

for (const [type, kind] of [["revoke", "drained"], ["lose", "lost"]] as const) {
  Deno.test(`WorkerHost ends a run by ${type}`, async () => {
    const { clock, host, posted, add } = setUp();
    add("waits");
    host.handle({ type: "start", run: 7, source: "waits", shard: 0, cursor: "c" });
    await clock.advance(0);
    assert.deepEqual(posted, []);
    host.handle({ type, run: 7 });
    await clock.advance(0);
    assert.deepEqual(posted, [{ type: "ended", run: 7, end: { kind } }]);
  });
}
