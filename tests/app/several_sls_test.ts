import assert from "node:assert/strict";
import { openSls } from "../../src/app/open_sls.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { loaded } from "../config/test_sources.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const NEVER = new AbortController().signal;

/** An SLS that knows one key. */
function slsWith(id: string) {
  return SlsEmulator.start({
    accessKeys: [{ id, secret: `secret-of-${id}` }],
    projects: [{ name: "p", logstores: [{ name: "l", shards: id === "east" ? 1 : 2 }] }],
  });
}

Deno.test("openSls() signs the requests of a source with its own credentials, v1 and v4 side by side", async () => {
  await using east = slsWith("east");
  await using west = slsWith("west");
  const { sources } = loaded({
    text: `
sls: { endpoint: "${east.url}", credentials: { access_key_id: east, access_key_secret: secret-of-east } }
consumer: { group: g }
hec: { url: "http://h", token: t }
sources:
  - { project: p, logstore: l }
  - project: p
    logstore: l
    sls:
      endpoint: "${west.url}"
      region: west-1
      credentials: { access_key_id: west, access_key_secret: secret-of-west }
  - { project: p, logstore: l, consumer: { group: other } }
`,
  });
  const [first, second, third] = sources;
  assert.deepEqual(sources.map(({ sls }) => sls.id), ["1", "2", "1"]);
  using sls = openSls(quietDeps(new FakeClock()));
  const shardsOf = async (source: typeof first) => (await sls.of(source).shards.list(NEVER)).length;
  assert.deepEqual([await shardsOf(first), await shardsOf(second!), await shardsOf(third!)], [
    1,
    2,
    1,
  ]);
  assert.equal(sls.secretsOf("1"), sls.secretsOf("1"));
  assert.notEqual(sls.secretsOf("1").credentials, sls.secretsOf("2").credentials);
  sls.remove(first.name);
  assert.equal(await shardsOf(third!), 1, "another source has the same options");
  sls.remove(third!.name);
  assert.throws(() => sls.secretsOf("1"), /no source uses them/);
  assert.equal(await shardsOf(first), 1, "a source that is added again opens them again");
});
