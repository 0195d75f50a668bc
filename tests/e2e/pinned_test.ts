import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { Authority, type CertificateOptions, type Identity, LOCAL } from "../support/authority.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { TlsFront } from "../support/tls_front.ts";
import { AppRun } from "./app_run.ts";
import { warmWorker } from "../support/warm_worker.ts";

await warmWorker(startDataPlaneWorker);

const ignore = !nodeHttpIsSound;
const authority = new Authority("Test CA");
const pinOf = ({ cert }: Identity) => new X509Certificate(cert).fingerprint256;

/** The program, with these certificates of the collector. */
function forward(oracle: Oracle, url: string, tls: Record<string, unknown>, workers = "auto") {
  return new AppRun(
    {
      hec: { url, tls },
      // By its name the next start has the shards at once.
      consumer: { group: "g", name: "c", checkpoint_interval: "1s", heartbeat_interval: "5s" },
      sources: [{ project: PROJECT, logstore: LOGSTORE }],
      workers,
      dead_letters: { folder: "/dead" }, // nothing is parked
    },
    oracle.env,
    workers === "auto" ? undefined : fastClock(5), // workers live by the real clock
  );
}

async function delivered(oracle: Oracle): Promise<void> {
  for (let n = 0; n < 10; n++) oracle.write(n % 2, 5);
  await until("delivery", 30_000, () => oracle.missing === 0);
}

for (const workers of ["auto", "2"]) {
  Deno.test(
    `App with workers: ${workers} sends a collector with another certificate than the pinned one nothing, keeps its logs, and delivers them when it has the new pin`,
    {
      ignore,
    },
    async () => {
      const [first, second] = [1, 2].map(() => authority.sign({ names: LOCAL }));
      await using oracle = new Oracle({ shards: 2 });
      await using hec = await TlsFront.start(oracle.hec.url, first!);
      await using run = forward(oracle, hec.url, { fingerprint: pinOf(first!) }, workers);
      await delivered(oracle);
      await hec.change(second!);
      const { requests } = oracle.hec;
      const before = requests.length;
      for (let n = 0; n < 10; n++) oracle.write(n % 2, 5);
      const another = (text: string) =>
        /its certificate has the SHA-256 fingerprint [0-9a-f]{64}, and hec\.tls\.fing/.test(text);
      await until("refusals", 30_000, () => run.troubles.filter(another).length > 1);
      const trouble = run.events.find((event) =>
        event.type === "trouble" && another(event.message)
      ) as { hint: string };
      assert.match(
        trouble.hint,
        /hec\.tls\.fingerprint .* on purpose; otherwise .* interception/,
      );
      assert.equal(oracle.hec.requests.length, before, "no request, and no token, was sent");
      assert.ok(oracle.missing > 0);
      await run.stop();
      await using next = forward(oracle, hec.url, { fingerprint: pinOf(second!) }, workers);
      await until("delivery", 30_000, () => oracle.missing === 0);
      await next.stop();
      assert.deepEqual(oracle.verdict().violations, []);
    },
  );
}

Deno.test("App resumes by itself when a collector shows the pinned certificate again", {
  ignore,
}, async () => {
  const [first, second] = [1, 2].map(() => authority.sign({ names: LOCAL }));
  await using oracle = new Oracle({ shards: 2 });
  await using hec = await TlsFront.start(oracle.hec.url, first!);
  await using run = forward(oracle, hec.url, { fingerprint: pinOf(first!) });
  await delivered(oracle);
  await hec.change(second!);
  oracle.write(0, 5);
  await until("a refusal", 30_000, () => run.troubles.length > 0);
  await hec.change(first!);
  await delivered(oracle);
  assert.deepEqual(oracle.verdict().violations, []);
});

const warnings: [
  sentence: string,
  certificate: CertificateOptions,
  tlsOf: (shown: Identity) => Record<string, unknown>,
  expected: string[],
][] = [
  [
    "every certificate is taken",
    { names: ["other.example.com"], days: -1 },
    () => ({ verify: false }),
    ["hec_unverified"],
  ],
  [
    "the pinned certificate is of version 1",
    { version: 1 },
    (shown) => ({ fingerprint: pinOf(shown) }),
    ["hec_key_unproven"],
  ],
  [
    "the CA file's authority has signed one of version 1",
    { version: 1 },
    () => ({ ca_file: caFile }),
    ["hec_key_unproven"],
  ],
  ["all is well", { names: LOCAL }, () => ({ ca_file: caFile }), []],
];
const caFile = Deno.makeTempFileSync({ suffix: ".pem" });
Deno.writeTextFileSync(caFile, authority.cert);
addEventListener("unload", () => Deno.removeSync(caFile));
for (const [sentence, certificate, tlsOf, expected] of warnings) {
  Deno.test(
    `App ${expected.length > 0 ? "warns at every start" : "does not warn"} when ${sentence}`,
    {
      ignore,
    },
    async () => {
      const shown = authority.sign(certificate);
      await using oracle = new Oracle({ shards: 2 });
      await using hec = await TlsFront.start(oracle.hec.url, shown);
      for (let start = 1; start <= 2; start++) {
        await using run = forward(oracle, hec.url, tlsOf(shown));
        await delivered(oracle);
        await run.stop();
        const found = run.events.filter(({ type }) => /^hec_un|^hec_key/.test(type));
        assert.deepEqual(found, expected.map((type) => ({ type, url: hec.url })));
      }
    },
  );
}
