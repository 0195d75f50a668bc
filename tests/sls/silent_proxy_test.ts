import assert from "node:assert/strict";
import { ScriptedSls } from "./scripted_sls.ts";

const silences: [proxyName: string | undefined, end: RegExp][] = [
  [undefined, /: 127\.0\.0\.1:1 does not answer$/],
  [
    "the proxy http://proxy:3128 (sls.proxy)",
    /: 127\.0\.0\.1:1 does not answer through the proxy http:\/\/proxy:3128 \(sls\.proxy\)$/,
  ],
];
for (const [proxyName, end] of silences) {
  Deno.test(`A call that nothing answers names the address and ${proxyName ?? "nothing else"}`, async () => {
    const sls = new ScriptedSls(["hang", "hang"], proxyName === undefined ? {} : { proxyName });
    const call = { name: "PullLogs of p/l shard 3", method: "GET", path: "/x" } as const;
    const called = assert.rejects(
      sls.requester.call(call, undefined, () => Promise.resolve()),
      ({ message }: Error) => end.test(message),
    );
    await sls.clock.advance(130_000);
    await called;
  });
}
