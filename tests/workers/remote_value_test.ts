import assert from "node:assert/strict";
import { OperatorError } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import type { Credentials } from "../../src/sls/credentials.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { MainRpcClient, MainRpcServer } from "../../src/workers/main_rpc.ts";
import {
  type PostedValue,
  remoteCredentials,
  remoteTlsFiles,
  remoteToken,
  RemoteValue,
  ValueServer,
} from "../../src/workers/remote_value.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** A worker's end and the main isolate's, with what crosses between them. */
function setUp<T>(initial: T) {
  const clock = new FakeClock();
  const main = {
    value: initial,
    /** What there is once `value` is refused. */
    newer: undefined as T | undefined,
    refused: [] as T[],
    failure: undefined as Error | undefined,
  };
  const server = new ValueServer<T>({
    current: () => main.failure ? Promise.reject(main.failure) : Promise.resolve(main.value),
    newer: (refused) => {
      main.refused.push(refused);
      if (main.newer !== undefined) main.value = main.newer;
      return Promise.resolve(main.newer);
    },
  });
  const crossed: PostedValue[] = [];
  const rpc = new MainRpcServer(
    ({ call, answer }) => {
      const posted = structuredClone(answer);
      if (posted.ok) crossed.push(posted.value as PostedValue);
      client.answer(call, posted);
    },
    async (request, signal) => {
      assert.equal(request.kind, "value");
      return await server.answer(request.known, request.refused, signal);
    },
  );
  const client = new MainRpcClient(async (message) => {
    if (message.type === "call") await rpc.serve(message.call, message.request, NEVER);
  });
  return {
    clock,
    main,
    server,
    crossed,
    client,
    remote: new RemoteValue<T>({ kind: "sls_tls", id: "1" }, client, clock),
  };
}

Deno.test("RemoteValue asks once a second, and receives the value only when it has changed", async () => {
  const { clock, main, crossed, remote } = setUp<unknown>({ caCerts: ["old"] });
  const before = await remote.current(NEVER);
  assert.deepEqual(before, main.value);
  assert.equal(await remote.current(NEVER), before);
  assert.equal(crossed.length, 1);
  await clock.advance(1000);
  assert.equal(await remote.current(NEVER), before, "the same object, as it has not changed");
  assert.deepEqual(crossed[1], { id: 1 });
  main.value = { caCerts: ["new"], client: { cert: "c", key: "k" } };
  await clock.advance(1000);
  const after = await remote.current(NEVER);
  assert.deepEqual(after, main.value);
  assert.equal(await remote.current(NEVER), after);
});

Deno.test("RemoteValue gives all that ask at once the same object", async () => {
  const { remote } = setUp({ a: 1 });
  const [one, other] = await Promise.all([remote.current(NEVER), remote.current(NEVER)]);
  assert.equal(one, other);
});

Deno.test("RemoteValue.newest() asks at once, and gives the old value when there is no newer one", async () => {
  const { main, remote, crossed } = setUp({ n: 1 });
  const old = await remote.current(NEVER);
  assert.equal(await remote.newest(NEVER, old), old);
  assert.deepEqual(main.refused, [{ n: 1 }]);
  main.newer = { n: 2 };
  const young = await remote.newest(NEVER, old);
  assert.deepEqual(young, { n: 2 });
  assert.equal(await remote.newest(NEVER, old), young, "without asking: it is newer already");
  assert.equal(crossed.length, 3);
});

Deno.test("ValueServer knows the last eight values by their ids, and takes an older one for none", async () => {
  const { main, server } = setUp({ n: 0 });
  const ids: number[] = [];
  for (let n = 0; n < 9; n++) {
    main.value = { n };
    ids.push((await server.answer(undefined, false, NEVER)).id);
  }
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await server.answer(2, true, NEVER);
  assert.deepEqual(main.refused, [{ n: 1 }], "the very object");
  assert.deepEqual(await server.answer(1, true, NEVER), { id: 9, value: { n: 8 } });
  assert.equal(main.refused.length, 1);
});

Deno.test("remoteCredentials() renews what a server has refused", async () => {
  const old: Credentials = { accessKeyId: "old", accessKeySecret: new Secret("1") };
  const { main, client, clock } = setUp(old);
  const credentials = remoteCredentials("1", client, clock);
  const before = await credentials.current(NEVER);
  assert.equal(before.accessKeySecret.reveal(), "1");
  assert.equal(await credentials.renew(before, NEVER), undefined);
  main.newer = { accessKeyId: "young", accessKeySecret: new Secret("2") };
  const after = await credentials.renew(before, NEVER);
  assert.equal(after?.accessKeySecret.reveal(), "2");
});

Deno.test("remoteCredentials() fails by an SlsError where the main isolate does", async () => {
  const { main, client, clock } = setUp<Credentials | undefined>(undefined);
  main.failure = new SlsError("credentials", "none", { hint: "do this" });
  await assert.rejects(remoteCredentials("1", client, clock).current(NEVER), (error) => {
    assert.ok(error instanceof SlsError);
    assert.deepEqual([error.kind, error.message, error.hint], ["credentials", "none", "do this"]);
    return true;
  });
  main.failure = new OperatorError("a fault", "");
  await assert.rejects(remoteCredentials("1", client, clock).current(NEVER), /a fault/);
});

Deno.test("remoteToken() gives one object for one token, and looks for a newer one at once", async () => {
  const { main, client, clock } = setUp(new Secret("old"));
  const token = remoteToken("1", client, clock);
  const old = await token.current(NEVER);
  assert.equal(old.reveal(), "old");
  assert.equal(await token.newest(NEVER), old);
  main.newer = new Secret("new");
  assert.equal((await token.newest(NEVER)).reveal(), "new");
});

Deno.test("remoteTlsFiles() gives one object for one set of texts, and the new ones a second later", async () => {
  const { main, client, clock } = setUp<unknown>({ caCerts: ["old"], client: undefined });
  const files = remoteTlsFiles({ kind: "hec_tls", id: "1" }, client, clock);
  const old = await files.current(NEVER);
  main.value = { caCerts: ["new"], client: { cert: "c", key: "k" } };
  assert.equal(await files.current(NEVER), old);
  await clock.advance(1000);
  assert.deepEqual(await files.current(NEVER), main.value);
});
