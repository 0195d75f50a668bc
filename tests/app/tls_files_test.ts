import assert from "node:assert/strict";
import { OperatorError } from "../../src/base/errors.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { hecTlsFiles, slsTlsFiles } from "../../src/app/tls_files.ts";
import { Authority } from "../support/authority.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;
const authority = new Authority("Test CA");
const other = new Authority("Another CA");
const [first, second] = [authority.sign(), authority.sign()];

/** Files that the test changes, and what is read of them. */
function setUp() {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const files: Record<string, string | undefined> = {
    "ca.pem": authority.cert,
    "cert.pem": first.cert,
    "key.pem": first.key,
  };
  const deps = {
    clock,
    random: () => 0,
    uuid: () => "",
    telemetry: (event: TelemetryEvent) => void events.push(event),
    userAgent: "",
    readTextFile: (path: string) => {
      const text = files[path];
      if (text === undefined) throw new Error("there is no such file");
      return text;
    },
  };
  const tls = {
    verify: true,
    fingerprint: undefined,
    caFile: "ca.pem",
    client: { certFile: "cert.pem", keyFile: "key.pem" },
  };
  const later = async () => await clock.advance(2000);
  return { deps, files, tls, events, later, types: () => events.map(({ type }) => type) };
}

Deno.test("the files of a side are read again after two seconds, and stay one object until they change", async () => {
  const { deps, files, tls, later, events } = setUp();
  const side = hecTlsFiles({ tls, path: "hec" }, deps);
  const before = await side.current(NEVER);
  assert.deepEqual(before, { caCerts: [authority.cert], client: first });
  await later();
  assert.equal(await side.current(NEVER), before);
  files["ca.pem"] = other.cert;
  assert.equal(await side.current(NEVER), before, "not looked at yet");
  await later();
  const after = await side.current(NEVER);
  assert.deepEqual(after, { caCerts: [other.cert], client: first });
  assert.equal(await side.current(NEVER), after);
  assert.deepEqual(events, [{ type: "renewed", about: "hec.tls.ca_file" }]);
});

Deno.test("a client certificate and its key are taken together, when both are there", async () => {
  const { deps, files, tls, later, types } = setUp();
  const side = hecTlsFiles({ tls, path: "hec" }, deps);
  const before = await side.current(NEVER);
  files["cert.pem"] = second.cert;
  await later();
  assert.equal(await side.current(NEVER), before, "the key is the old one still");
  files["key.pem"] = second.key;
  await later();
  assert.deepEqual((await side.current(NEVER)).client, second);
  assert.deepEqual(types(), ["trouble", "renewed", "recovered"]);
});

const unusable: [sentence: string, text: string | undefined, message: RegExp][] = [
  ["gone", undefined, /^Cannot read ca\.pem: there is no such file$/],
  ["empty", "", /^Cannot use ca\.pem: found no PEM certificate$/],
  ["half written", authority.cert.slice(0, 400), /^Cannot use ca\.pem: certificate 1 is cut off$/],
  ["no PEM", "\0\u{1}\u{2}", /^Cannot use ca\.pem: found no PEM certificate$/],
];
for (const [sentence, text, message] of unusable) {
  Deno.test(`while a CA file is ${sentence}, the one read before is used, and that is reported`, async () => {
    const { deps, files, tls, later, events } = setUp();
    const side = hecTlsFiles({ tls, path: "hec" }, deps);
    const before = await side.current(NEVER);
    files["ca.pem"] = text;
    files["cert.pem"] = second.cert; // which does not hold up the others
    files["key.pem"] = second.key;
    await later();
    const { caCerts, client } = await side.current(NEVER);
    assert.deepEqual({ caCerts, client }, { caCerts: before.caCerts, client: second });
    const [trouble] = events.filter((event) => event.type === "trouble");
    assert.equal(trouble?.about, "hec.tls.ca_file");
    assert.match(trouble!.message, message);
    assert.match(trouble!.hint, /rename that file/);
    files["ca.pem"] = other.cert;
    await later();
    assert.deepEqual((await side.current(NEVER)).caCerts, [other.cert]);
    assert.equal(events.at(-1)?.type, "recovered");
  });

  Deno.test(`a CA file that is ${sentence} at the start ends it, with the option to set`, () => {
    const { deps, files, tls } = setUp();
    files["ca.pem"] = text;
    assert.throws(() => hecTlsFiles({ tls, path: "hec" }, deps), (error) => {
      assert.ok(error instanceof OperatorError);
      assert.match(error.message, message);
      assert.match(error.hint, /^Set hec\.tls\.ca_file to a PEM file/);
      return true;
    });
    assert.throws(() => slsTlsFiles({ caFile: "ca.pem", path: "sls" }, deps), (error) => {
      assert.ok(error instanceof OperatorError);
      assert.match(error.hint, /^Set sls\.ca_file to a PEM file/);
      return true;
    });
  });
}

Deno.test("a key that does not belong to the client certificate ends the start, and is not repeated", () => {
  const { deps, files, tls } = setUp();
  files["key.pem"] = second.key;
  assert.throws(() => hecTlsFiles({ tls, path: "hec" }, deps), (error) => {
    assert.ok(error instanceof OperatorError);
    assert.equal(error.message, "Cannot use key.pem: the key does not belong to the certificate");
    assert.match(error.hint, /^Set hec\.tls\.key_file/);
    return true;
  });
});

Deno.test("a side without files reads none", async () => {
  const { deps, files } = setUp();
  for (const name of Object.keys(files)) delete files[name];
  const tls = { verify: true, fingerprint: undefined, caFile: undefined, client: undefined };
  const none = { caCerts: [], client: undefined };
  assert.deepEqual(await hecTlsFiles({ tls, path: "hec" }, deps).current(NEVER), none);
  assert.deepEqual(
    await slsTlsFiles({ caFile: undefined, path: "sls" }, deps).current(NEVER),
    none,
  );
});
