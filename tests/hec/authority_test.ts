import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { hintOf } from "../../src/base/errors.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { DEFAULT_TOKEN } from "../../src/emulator/hec/hec_emulator_options.ts";
import type { HecConnection } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { Authority, type CertificateOptions, LOCAL } from "../support/authority.ts";
import { TlsFront } from "../support/tls_front.ts";
import { good } from "./batches.ts";
import { ConnectProxy } from "./connect_proxy.ts";
import { HecHarness } from "./hec_harness.ts";

const ignore = !nodeHttpIsSound;
const NEVER = new AbortController().signal;

function connectionTo(baseUrl: string, more: Partial<HecConnection> = {}): HecConnection {
  return { baseUrl, verify: true, caCerts: [], client: undefined, proxyUrl: undefined, ...more };
}

/** Sends requests over what a configuration makes. @returns their statuses, or the error. */
async function send(connection: HecConnection, times = 1): Promise<number[] | Error> {
  const transport = makeTransport(connection);
  const statuses: number[] = [];
  try {
    for (let n = 0; n < times; n++) {
      const { status } = await transport.send({
        method: "POST",
        path: "/services/collector/event",
        headers: { "authorization": `Splunk ${DEFAULT_TOKEN}` },
        body: new TextEncoder().encode('{"event":"a"}'),
      }, NEVER);
      statuses.push(status);
    }
    return statuses;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  } finally {
    transport.close();
  }
}

const cases: [
  sentence: string,
  certificate: CertificateOptions,
  trusted: boolean,
  expected: RegExp | undefined,
  hint?: RegExp,
][] = [
  ["a certificate with this host's name", { names: LOCAL }, true, undefined],
  ["one without a name, as a Splunk's own", {}, true, undefined],
  ["not one that names other hosts", { names: ["other.example.com"] }, true, /other host names/],
  ["not one of another authority of that name", { names: LOCAL }, false, /was not signed by/],
  ["not one without a name of such an authority", {}, false, /was not signed by/],
  [
    "not one that has expired",
    { names: LOCAL, days: -1 },
    true,
    /has expired: it was valid until 20\d\d-\d\d-\d\dT[\d:]+Z/,
    /renewed.* or set hec\.tls\.fingerprint/,
  ],
  [
    "not one without a name that has expired",
    { days: -1 },
    true,
    /has expired: it was valid until 20/,
    /renewed/,
  ],
  [
    "not one that is not valid yet",
    { names: LOCAL, inDays: 1 },
    true,
    /not valid yet: it is valid from 20\d\d-\d\d-\d\dT[\d:]+Z/,
    /clock/,
  ],
];
for (const [sentence, certificate, trusted, expected, hint = /hec\./] of cases) {
  Deno.test(`with a CA file HEC is trusted by ${sentence}`, { ignore }, async () => {
    const authority = new Authority("Test CA");
    await using hec = HecEmulator.start({ tls: authority.sign(certificate) });
    const { cert } = trusted ? authority : new Authority("Test CA");
    const result = await send(connectionTo(hec.url, { caCerts: [cert] }), 2);
    if (expected === undefined) assert.deepEqual(result, [200, 200]);
    else {
      assert.ok(result instanceof Error, `answered ${result}`);
      assert.match(result.message, expected);
      assert.match(hintOf(result, ""), hint);
      assert.equal(hec.requests.length, 0, "nothing was sent");
    }
  });
}

const versionOne: [
  sentence: string,
  certificate: CertificateOptions,
  trusted: boolean,
  expected: RegExp | undefined,
][] = [
  ["is trusted", {}, true, undefined],
  ["is refused when it has expired", { days: -1 }, true, /has expired: it was valid until 20/],
  ["is refused before its time", { inDays: 1 }, true, /not valid yet: it is valid from 20/],
  [
    "is refused when another authority signed it",
    {},
    false,
    /authority that this host does not trust/,
  ],
];
for (const [sentence, certificate, trusted, expected] of versionOne) {
  Deno.test(`with a CA file HEC's certificate of version 1 ${sentence}`, { ignore }, async () => {
    const authority = new Authority("Test CA");
    await using hec = HecEmulator.start();
    // Deno's own servers refuse to show such a certificate.
    const shown = authority.sign({ ...certificate, version: 1 });
    await using front = await TlsFront.start(hec.url, shown);
    const { cert } = trusted ? authority : new Authority("Test CA");
    let warnings = 0;
    const onUnprovenKey = () => warnings++;
    const result = await send(connectionTo(front.url, { caCerts: [cert], onUnprovenKey }));
    assert.equal(warnings, expected === undefined ? 1 : 0);
    if (expected === undefined) assert.deepEqual(result, [200]);
    else {
      assert.ok(result instanceof Error, `answered ${result}`);
      assert.match(result.message, expected);
      assert.equal(hec.requests.length, 0, "nothing was sent");
    }
  });
}

Deno.test("a malformed certificate with the name of the CA file's authority is refused", {
  ignore,
}, async () => {
  const [authority, impostor] = [new Authority("Test CA"), new Authority("Test CA")];
  await using hec = HecEmulator.start();
  const shown = impostor.sign({ malformed: true });
  await using front = await TlsFront.start(hec.url, shown);
  const result = await send(connectionTo(front.url, { caCerts: [authority.cert] }));
  assert.ok(result instanceof Error, `answered ${result}`);
  assert.match(result.message, /authority that this host does not trust/);
  assert.equal(front.connections.length, 1, "Deno's own check lets it through");
  assert.equal(hec.requests.length, 0);
});

Deno.test("with a CA file authorities between are followed, or may be in the file themselves", {
  ignore,
}, async () => {
  const root = new Authority("Root CA");
  const between = root.intermediate("Intermediate CA");
  const { cert, key } = between.sign({ names: LOCAL });
  await using whole = HecEmulator.start({ tls: { cert: cert + between.cert, key } });
  assert.deepEqual(await send(connectionTo(whole.url, { caCerts: [root.cert] }), 2), [200, 200]);
  await using alone = HecEmulator.start({ tls: between.sign() });
  const both = { caCerts: [root.cert + between.cert] };
  assert.deepEqual(await send(connectionTo(alone.url, both), 2), [200, 200]);
});

Deno.test(
  "a certificate that its server signed for itself is trusted when it is the CA file",
  { ignore },
  async () => {
    for (const names of [LOCAL, []]) {
      const authority = new Authority("Itself", names);
      await using hec = HecEmulator.start({ tls: authority.itself });
      const connection = connectionTo(hec.url, { caCerts: [authority.cert] });
      assert.deepEqual(await send(connection), [200]);
      const refused = await send({ ...connection, caCerts: [] });
      assert.ok(refused instanceof Error);
      assert.match(refused.message, /\(CA:TRUE\)/);
      assert.match(hintOf(refused, ""), /hec\.tls\.ca_file to that certificate/);
    }
  },
);

Deno.test("a nameless certificate of the given authority is trusted through a proxy too", {
  ignore,
}, async () => {
  const authority = new Authority("Test CA");
  await using hec = HecEmulator.start({ tls: authority.sign() });
  await using proxy = new ConnectProxy();
  const more = { caCerts: [authority.cert], proxyUrl: proxy.url };
  assert.deepEqual(await send(connectionTo(hec.url, more)), [200]);
  assert.equal(proxy.targets.length, 1);
});

Deno.test("with a CA file the public authorities are trusted as well, by names alone", {
  ignore,
}, async () => {
  const [publicOne, own] = [new Authority("Public CA"), new Authority("Test CA")];
  const file = Deno.makeTempFileSync({ suffix: ".pem" });
  Deno.writeTextFileSync(file, publicOne.cert);
  await using named = HecEmulator.start({ tls: publicOne.sign({ names: LOCAL }) });
  await using nameless = HecEmulator.start({ tls: publicOne.sign() });
  try {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
        fileURLToPath(new URL("./send_with_ca_file.ts", import.meta.url)),
        own.cert,
        named.url,
        nameless.url,
      ],
      env: { DENO_CERT: file, NO_COLOR: "1" }, // a public authority to that process
    }).output();
    const [first, second] = new TextDecoder().decode(stdout).split("\n");
    assert.equal(first, "200 200", new TextDecoder().decode(stderr));
    assert.match(second ?? "", /^Cannot trust .* does not trust/);
    assert.equal(named.connectionsOpened, 3, "one that was refused, one to ask, one that is kept");
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("without a CA file the reason of the refusal and the option to set are reported", async () => {
  const authority = new Authority("Test CA");
  await using hec = HecEmulator.start({ tls: authority.sign({ names: LOCAL }) });
  const result = await send(connectionTo(hec.url));
  assert.ok(result instanceof Error);
  assert.match(result.message, /authority that this host does not trust/);
  assert.match(hintOf(result, ""), /hec\.tls\.ca_file/);
});

Deno.test("the report of a delivery over a refused certificate names the option to set", async () => {
  const authority = new Authority("Test CA");
  await using harness = new HecHarness({
    emulators: [{ tls: authority.sign({ names: LOCAL }) }],
  });
  const stop = new AbortController();
  const delivery = harness.deliver([good("a")], { signal: stop.signal });
  const report = () => harness.telemetry.find((event) => event.type === "trouble");
  await harness.until(() => report() !== undefined);
  stop.abort(new Error("seen"));
  await assert.rejects(delivery);
  const trouble = report();
  assert.match(trouble?.message ?? "", /authority that this host does not trust/);
  assert.match(trouble?.hint ?? "", /hec\.tls\.ca_file/);
});
