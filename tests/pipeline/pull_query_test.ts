import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import { cursorOf, groupOf } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

const singles = (count: number) => Array.from({ length: count }, (_, at) => groupOf(String(at)));

Deno.test("PagePuller holds a source whose query SLS refuses, and says what SLS says", async () => {
  const test = new PullerHarness({ query: "* | nonsense" });
  test.pullLogs.groups = singles(1);
  const message = `SLS answered 400 ParameterInvalid "spl instruction nonsense is not supported"`;
  let refusals = 3;
  test.pullLogs.fault = () => refusals-- > 0 ? new SlsError("bad_request", message) : undefined;
  const page = await test.page(120_000);
  assert.equal(page.cursor, cursorOf(0));
  const troubles = test.recorder.of("trouble");
  assert.deepEqual(troubles.map(({ retryInMs }) => retryInMs), [5000, 10_000, 20_000]);
  assert.ok(troubles.every(({ held, message: reported }) => held === true && reported === message));
  assert.match(troubles[0]!.hint, /this source's query/);
  page[Symbol.dispose]();
  test.revoke();
  await test.dispose();
});

Deno.test("PagePuller reports the logs that a query failed on, with their place and number", async () => {
  const test = new PullerHarness({ query: "*" });
  test.pullLogs.query = () => false;
  test.pullLogs.failedLogs = 3;
  test.pullLogs.groups = singles(5);
  const page = await test.page();
  assert.deepEqual(page.filtered, { logs: 5, failed: 3 });
  const [trouble] = test.recorder.of("trouble");
  assert.match(trouble!.message, /left 3 logs of p\/l shard 1 out of the page at cursor MA==/);
  page[Symbol.dispose]();
  test.revoke();
  await test.dispose();
});
