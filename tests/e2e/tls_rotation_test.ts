import assert from "node:assert/strict";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { Authority, LOCAL } from "../support/authority.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { TlsFront } from "../support/tls_front.ts";
import { AppRun } from "./app_run.ts";
import { warmWorker } from "../support/warm_worker.ts";

await warmWorker(startDataPlaneWorker);

const ignore = !nodeHttpIsSound;
const sources = [{ project: PROJECT, logstore: LOGSTORE }];
const consumer = { group: "g", checkpoint_interval: "1s", heartbeat_interval: "5s" };

/** A folder of PEM files, each replaced as a whole; and one that is half written. */
class PemFolder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "sls2hec-tls-" });

  write(name: string, text: string): string {
    const path = `${this.path}/${name}`;
    Deno.writeTextFileSync(`${path}.new`, text);
    Deno.renameSync(`${path}.new`, path);
    return path;
  }

  /** As an editor does that writes in place. */
  writeHalf(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text.slice(0, 300));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

for (const workers of ["auto", "2"]) {
  Deno.test(
    `App with workers: ${workers} keeps working through changes of authorities on both sides, and of its own certificate`,
    {
      ignore,
    },
    async () => {
      using folder = new PemFolder();
      const [old, young] = [new Authority("Old CA"), new Authority("Young CA")];
      const server = (authority: Authority) => ({
        ...authority.sign({ names: LOCAL }),
        ca: authority.cert, // of clients too
      });
      await using oracle = new Oracle({ shards: 2 });
      await using sls = await TlsFront.start(oracle.sls.url, server(old));
      await using hec = await TlsFront.start(oracle.hec.url, { ...server(old), requestCert: true });
      const write = (authority: Authority) => {
        const { cert, key } = authority.sign();
        return {
          sls: folder.write("sls-ca.pem", authority.cert),
          ca_file: folder.write("hec-ca.pem", authority.cert),
          cert_file: folder.write("cert.pem", cert),
          key_file: folder.write("key.pem", key),
        };
      };
      const { sls: slsCaFile, ...tls } = write(old);
      await using run = new AppRun(
        {
          sls: { endpoint: sls.url, ca_file: slsCaFile },
          hec: { url: hec.url, tls },
          consumer,
          sources,
          workers,
          dead_letters: { folder: `${folder.path}/dead` },
        },
        oracle.env,
        workers === "auto" ? undefined : fastClock(5), // workers live by the real clock
      );
      const deliver = async () => {
        for (let n = 0; n < 10; n++) oracle.write(n % 2, 5);
        await until("delivery", 30_000, () => oracle.missing === 0);
      };
      await deliver();
      folder.writeHalf("sls-ca.pem", young.cert);
      folder.writeHalf("hec-ca.pem", young.cert);
      const reported = (about: string) =>
        run.events.some((event) =>
          event.type === "trouble" && event.about === about && /is cut off/.test(event.message)
        );
      await until("reports", 30_000, () => {
        oracle.write(0, 1); // files are looked at when connections are used
        return reported("sls.ca_file") && reported("hec.tls.ca_file");
      });
      await deliver();
      write(young);
      await Promise.all([sls.change(server(young)), hec.change(server(young))]);
      await deliver();
      const { abandonedShards } = await run.stop();
      assert.equal(abandonedShards, 0);
      assert.deepEqual(oracle.verdict().violations, []);
      const renewed = run.events.flatMap((event) => event.type === "renewed" ? [event.about] : []);
      assert.deepEqual(renewed.sort(), [
        "hec.tls.ca_file",
        "hec.tls.cert_file and key_file",
        "sls.ca_file",
      ]);
      assert.ok(hec.connections.every((name) => name !== null), "each showed a certificate");
    },
  );
}

Deno.test("App says what is wrong with a certificate of SLS and which option to set, and resumes when it is set right", async () => {
  using folder = new PemFolder();
  const [authority, stranger] = [new Authority("Test CA"), new Authority("Another CA")];
  await using oracle = new Oracle({ shards: 1 });
  await using sls = await TlsFront.start(oracle.sls.url, authority.sign({ names: LOCAL }));
  const caFile = folder.write("ca.pem", stranger.cert);
  await using run = new AppRun({
    sls: { endpoint: sls.url, ca_file: caFile },
    consumer,
    sources,
    dead_letters: { folder: `${folder.path}/dead` },
  }, oracle.env);
  const trouble = (message: RegExp) =>
    run.events.find((event) => event.type === "trouble" && message.test(event.message));
  oracle.write(0, 5);
  const untrusted = /Cannot trust https:.* signed by an authority that this host does not trust/;
  await until("a report", 30_000, () => trouble(untrusted) !== undefined);
  const { hint } = trouble(untrusted) as { hint: string };
  assert.match(hint, /^Set sls\.ca_file to that authority's certificate \(PEM\)$/);
  folder.write("ca.pem", authority.cert);
  await until("delivery", 30_000, () => oracle.missing === 0);
  await run.stop();
  assert.deepEqual(oracle.verdict().violations, []);
});
