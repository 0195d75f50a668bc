import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { fileURLToPath } from "node:url";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { DeadLetterStore } from "../../src/dead_letters/dead_letter_store.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LOGS = 60;

/** A Splunk that takes no event of more than 2,000 bytes, and logs of which three are longer. */
class Scene implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: "p", logstores: [{ name: "l", shards: 1 }] }],
  });
  hec = HecEmulator.start({ limits: { maxEventBytes: 2000 } });

  get env(): Record<string, string> {
    return {
      SLS_ENDPOINT: this.sls.url,
      SLS_AK_ID: "id",
      SLS_AK_KEY: "secret",
      SLS_PROJECT: "p",
      SLS_LOGSTORE: "l",
      SLS_CG: "g",
      SPLUNK_HEC_URL: this.hec.url,
      SPLUNK_HEC_TOKEN: this.hec.token,
    };
  }

  get deadLetterFolder(): string {
    return `${this.folder}/dead-letters`;
  }

  /** Forwards until every log is delivered or parked. */
  async forward(): Promise<void> {
    const long = new Set([0, 30, 59]); // first, in the middle, last
    const group = encodeLogGroup({
      topic: "t",
      logs: Array.from({ length: LOGS }, (_, i) => ({
        timeSec: 1_759_739_400,
        contents: [["id", `log-${i}`], ["text", long.has(i) ? "é".repeat(1500) : "short"]],
      })),
    });
    this.sls.data.append({ project: "p", logstore: "l", shard: 0 }, group);
    await using run = new AppRun({ dead_letters: { folder: this.deadLetterFolder } }, this.env);
    await until("all is settled", 20_000, () => run.app.ledger[0]?.fetched === LOGS);
    await run.stop();
    const [shard] = run.app.ledger;
    assert.deepEqual([shard?.delivered, shard?.parked], [LOGS - 3, 3]);
  }

  /** `sls2hec dead-letters …` as a separate process. */
  async command(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--config=${ROOT}deno.json`, `${ROOT}main.ts`, "dead-letters", ...args],
      cwd: this.folder,
      env: { ...this.env, NO_COLOR: "1" },
    }).output();
    const out = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
    return { code, out, err: new TextDecoder().decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hec[Symbol.asyncDispose]();
    await this.sls[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("events that Splunk refuses are parked, the others delivered once, and listed with their place", async () => {
  await using scene = new Scene();
  await scene.forward();
  const ids = scene.hec.events.map((event) => JSON.parse(event.raw).id);
  assert.equal(new Set(ids).size, LOGS - 3);
  assert.equal(ids.length, LOGS - 3, "no event before a refused one is sent twice");

  const { code, out } = await scene.command("list", "--json");
  assert.equal(code, 0);
  const letters = out.map((line) => JSON.parse(line));
  assert.deepEqual(letters.map(({ index_in_page }) => index_in_page), [0, 30, 59]);
  for (const letter of letters) {
    assert.equal(letter.source, "p/l");
    assert.equal(letter.shard, 0);
    assert.equal(letter.reason, "refused");
    assert.deepEqual([letter.status, letter.code], [400, 6]);
    assert.ok(!("envelope" in letter), "a list shows no content");
  }
  const { out: table } = await scene.command("list");
  assert.equal(table.at(-1), "3 dead letters");
  assert.ok(!table.join().includes("é"), "a list shows no content");
  const slsIds = letters.map(({ sls_id }) => sls_id);
  const shown = (await scene.command("show")).out.map((line) => JSON.parse(line));
  assert.deepEqual(slsIds, shown.map(({ envelope }) => JSON.parse(envelope).fields.sls_id));
  for (const id of slsIds) assert.ok(table.some((row) => row.includes(` ${id} `)), id);
});

Deno.test("dead-letters replay sends the identical envelopes and removes what is taken, once", async () => {
  await using scene = new Scene();
  await scene.forward();
  const shown = (await scene.command("show")).out.map((line) => JSON.parse(line));
  const refusedAgain = await scene.command("replay");
  assert.equal(refusedAgain.code, 1);
  assert.match(refusedAgain.err, /refused again: 400, code 6/);
  assert.equal((await scene.command("list", "--json")).out.length, 3, "all are kept");

  await scene.hec[Symbol.asyncDispose]();
  scene.hec = HecEmulator.start(); // one with the usual limit
  const { code, out, err } = await scene.command("replay");
  assert.equal(code, 0, err);
  assert.match(err, /3 delivered, 0 refused, of 3/);
  assert.match(out.at(-1)!, /^Replayed 3 of 3 .*; 0 /);
  assert.deepEqual(
    scene.hec.events.map((event) => event.envelope),
    shown.map(({ envelope }) => envelope),
  );
  assert.deepEqual((await scene.command("list", "--json")).out, []);
  await scene.command("replay");
  assert.equal(scene.hec.events.length, 3, "a second replay has nothing to send");
  const left = [...Deno.readDirSync(scene.deadLetterFolder)].map(({ name }) => name);
  assert.deepEqual(left, [], "files without letters are gone");
});

Deno.test("dead-letters drop removes what is chosen, and nothing without a choice", async () => {
  await using scene = new Scene();
  await scene.forward();
  const [first] = (await scene.command("list", "--json")).out.map((line) => JSON.parse(line).id);
  assert.equal((await scene.command("drop")).code, 2);
  assert.equal(
    (await scene.command("drop", "--source", "p/other")).out[0],
    "Dropped 0 dead letters",
  );
  assert.equal((await scene.command("drop", first)).out[0], "Dropped 1 dead letter");
  assert.equal((await scene.command("list", "--json")).out.length, 2);
  assert.equal(
    (await scene.command("drop", "--since", "2100-01-01T00:00:00Z")).out[0],
    "Dropped 0 dead letters",
  );
  const wrong = [
    ["--reason", "ugly"],
    ["--since", "2026-10-06"],
    ["--until", "1"],
    ["--since", "2026-10-06T08:30:00"],
  ];
  for (const choice of wrong) {
    const { code, err } = await scene.command("drop", ...choice);
    assert.equal(code, 2, choice.join(" "));
    assert.match(
      err,
      /Allowed choices are refused, too_large, oversize, malformed|an ISO 8601 time with its zone/,
    );
  }
  assert.equal(
    (await scene.command("drop", "--reason", "oversize")).out[0],
    "Dropped 0 dead letters",
  );
  assert.equal((await scene.command("drop", "--all")).out[0], "Dropped 2 dead letters");
  const unknown = await scene.command("show", "ffffffff");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /Cannot find dead letter ffffffff/);
});

Deno.test("a dead-letter file with a torn last line is read up to it, and keeps it", async () => {
  await using scene = new Scene();
  await scene.forward();
  const [file] = [...Deno.readDirSync(scene.deadLetterFolder)];
  const path = `${scene.deadLetterFolder}/${file!.name}`;
  const whole = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, whole.slice(0, -20));
  const { code, out, err } = await scene.command("list", "--json");
  assert.equal(code, 0);
  assert.equal(out.length, 2);
  assert.match(err, /:3 is torn/);
  await scene.command("drop", "--all");
  const torn = whole.split("\n")[2]!.slice(0, -19);
  assert.equal(
    await Deno.readTextFile(path),
    torn,
    "what cannot be read is never removed silently",
  );
});

Deno.test("one program at a time sends dead letters again or drops them", async () => {
  await using scene = new Scene();
  await scene.forward();
  {
    using _ = await new DeadLetterStore(scene.deadLetterFolder, systemClock).lock();
    for (const name of ["replay", "drop"]) {
      const { code, err } = await scene.command(name, "--reason", "refused");
      assert.equal(code, 1);
      assert.match(err, /Cannot work on the dead letters in dead-letters: another replay or drop/);
    }
    assert.equal((await scene.command("list", "--json")).out.length, 3, "looking is free");
  }
  assert.equal((await scene.command("drop", "--all")).out[0], "Dropped 3 dead letters");
  assert.equal((await scene.command("drop", "--all", "--folder", "nowhere")).code, 2);
});

Deno.test("dead letters that are dealt with stay so after a crash at any step of rewriting their file", async () => {
  await using scene = new Scene();
  await scene.forward();
  const store = new DeadLetterStore(scene.deadLetterFolder, systemClock);
  const ids = () => [...store.letters(() => {})].map(({ id }) => id);
  const [first, ...others] = [...store.letters(() => {})];
  const left = others.map(({ id }) => id);
  store.remove([first!]);
  assert.deepEqual(ids(), left);
  const path = `${scene.deadLetterFolder}/${first!.file}`;
  // Cut off while the new file was written.
  await Deno.writeTextFile(`${path}.0123456789abcdef.partial`, "half of");
  assert.deepEqual(ids(), left);
  const notes = await Deno.readFile(`${path}.removed`);
  assert.deepEqual(await store.compact(), []);
  await Deno.writeFile(`${path}.removed`, notes); // cut off before the notes were deleted
  assert.deepEqual(ids(), left);
  assert.deepEqual(await store.compact(), []);
  assert.deepEqual(
    [...Deno.readDirSync(scene.deadLetterFolder)].map(({ name }) => name),
    [first!.file],
  );
});

Deno.test("dead letters are removed through no link beside their files", async () => {
  await using scene = new Scene();
  await scene.forward();
  const store = new DeadLetterStore(scene.deadLetterFolder, systemClock);
  const [first] = [...store.letters(() => {})];
  const victim = `${await Deno.makeTempDir()}/victim`;
  try {
    await Deno.writeTextFile(victim, `${first!.id}\n`);
    const path = `${scene.deadLetterFolder}/${first!.file}`;
    for (const suffix of [".removed", ".partial"]) await Deno.symlink(victim, path + suffix);
    const count = () => [...store.letters(() => {})].length;
    const before = count();
    store.remove([first!]);
    assert.equal(count(), before - 1);
    assert.deepEqual(await store.compact(), []);
    assert.equal(count(), before - 1);
    assert.equal(await Deno.readTextFile(victim), `${first!.id}\n`);
  } finally {
    await Deno.remove(victim.slice(0, victim.lastIndexOf("/")), { recursive: true });
  }
});

Deno.test("each dead-letters command says that there is no such folder, and exits with 2", async () => {
  await using scene = new Scene();
  for (const command of [["list"], ["list", "--json"], ["show"], ["replay"], ["drop", "--all"]]) {
    const { code, out, err } = await scene.command(...command, "--folder", "none");
    assert.equal(code, 2, command.join(" "));
    assert.deepEqual(out, []);
    assert.match(err, /Cannot read dead letters: .*folder none$/m);
  }
});
