import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { grantFlags } from "../../src/config/grant.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { BackfillHarness } from "../backfill/backfill_harness.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const sorted = (ids: Iterable<string>) => [...ids].sort();

Deno.test("backfill sends exactly what was received in the range, read-only shards too, and makes no group", async () => {
  await using scene = new BackfillHarness(1);
  scene.write(0, 0);
  const wanted = [...scene.write(0, 60), ...scene.write(0, 119)];
  const [left, right] = scene.split(0);
  wanted.push(...scene.write(left, 119));
  scene.write(left, 120);
  scene.write(right, 300);
  const args = ["--from", scene.time(60), "--to", scene.time(120), "--json"];
  const { code, out, err } = await scene.backfill(args);
  assert.equal(code, 0, err);
  assert.deepEqual(sorted(scene.delivered), sorted(wanted));
  assert.deepEqual(scene.groups, []);
  const ledger = JSON.parse(out.at(-1)!);
  const { complete, fetched, delivered, filtered, parked, expired_ranges, shards } = ledger;
  assert.deepEqual({ complete, fetched, delivered, filtered, parked, expired_ranges }, {
    complete: true,
    fetched: 30,
    delivered: 30,
    filtered: 0,
    parked: 0,
    expired_ranges: 0,
  });
  assert.deepEqual(shards.map((item: { fetched: number }) => item.fetched), [20, 10, 0]);
  assert.match(err, /100\.0 %, 3 of 3 shards done, 30 delivered, [\d.]+ MB\/s, nothing left/);

  const again = await scene.backfill(args);
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /Already complete/);
  assert.equal(scene.delivered.length, 30, "nothing is sent a second time");
});

Deno.test("backfill gives each log the event id that a live run gives it", async () => {
  await using scene = new BackfillHarness();
  for (let n = 0; n < 40; n++) scene.write(n % 2, n * 10);
  // Of the middle only, with pages of another size than the live run's.
  const { code, err } = await scene.backfill(["--from", scene.time(100), "--to", scene.time(250)]);
  assert.equal(code, 0, err);
  const backfilled = scene.eventIds;
  assert.equal(backfilled.size, 150);

  await using live = new BackfillHarness();
  await using run = new AppRun({ consumer: { group: "g", fetch_count: 7 } }, {
    ...scene.env,
    SPLUNK_HEC_URL: live.hec.url,
    SPLUNK_HEC_TOKEN: live.hec.token,
  });
  await until("the live run", 20_000, () => live.hec.events.length === 400);
  await run.stop();
  for (const [log, id] of backfilled) assert.equal(live.eventIds.get(log), id, log);
});

Deno.test("backfill reads what --source, --shards and --query choose", async () => {
  await using scene = new BackfillHarness(3);
  const ids = [0, 1, 2].map((shard) => scene.write(shard, 60));
  const range = ["--from", scene.time(0), "--to", "-1h"];
  const some = await scene.backfill([...range, "--source", "p/l", "--shards", "0,2"]);
  assert.equal(some.code, 0, some.err);
  assert.deepEqual(sorted(scene.delivered), sorted([...ids[0]!, ...ids[2]!]));

  const one = ids[1]![3]!;
  const query = await scene.backfill([...range, "--query", `* | where id = '${one}'`, "--json"]);
  assert.equal(query.code, 0, query.err);
  assert.deepEqual(scene.delivered.slice(20), [one]);
  const { fetched, delivered, filtered } = JSON.parse(query.out.at(-1)!);
  assert.deepEqual([fetched, delivered, filtered], [30, 1, 29]);
});

Deno.test("backfill parks what Splunk refuses, and is complete with it", async () => {
  await using scene = new BackfillHarness(1, { limits: { maxEventBytes: 2000 } });
  scene.write(0, 10, 5);
  scene.write(0, 20, 2, "x".repeat(3000));
  scene.write(0, 30, 5);
  const { code, out, err } = await scene.backfill([
    "--from",
    scene.time(0),
    "--to",
    scene.time(60),
  ]);
  assert.equal(code, 0, err);
  assert.equal(scene.delivered.length, 10);
  assert.match(out.join("\n"), /fetched 12 = delivered 10 \+ filtered 0 \+ parked 2/);
  const [file] = [...Deno.readDirSync(`${scene.folder}/dead-letters`)];
  const text = Deno.readTextFileSync(`${scene.folder}/dead-letters/${file!.name}`);
  assert.equal(text.trim().split("\n").length, 2);
});

Deno.test("backfill whose logs expire before they are read says so and is not complete", async () => {
  await using scene = new BackfillHarness(1);
  for (let n = 0; n < 10; n++) scene.write(0, n);
  let pulls = 0;
  scene.sls.faults.rule = ({ call }) => {
    if (call === "PullLogs" && ++pulls === 3) scene.expireBefore(0, 6);
    return undefined;
  };
  await Deno.writeTextFile(`${scene.folder}/c.yaml`, "consumer: {fetch_count: 2}");
  const range = ["-c", "c.yaml", "--from", scene.time(0), "--to", scene.time(60)];
  const { code, out, err } = await scene.backfill(range);
  assert.equal(code, 1, err);
  assert.match(out.join("\n"), /Not complete: logs had expired/);
  const events = scene.hec.events.map(({ raw }) => JSON.parse(raw));
  assert.equal(events.filter(({ id }) => id !== undefined).length, 80, "4 groups before, 4 behind");
  assert.equal(events.filter(({ sls2hec }) => sls2hec === "gap").length, 1, "Splunk gets the gap");
});

Deno.test("backfill ends with 2 for what cannot be, and nothing is started", async () => {
  await using scene = new BackfillHarness();
  scene.write(0, 10);
  const range = ["--from", scene.time(0), "--to", scene.time(60)];
  const cases: [args: string[], expected: RegExp][] = [
    [["--from", scene.time(0)], /required option '--to <time>' not specified/],
    [["--from", "2026-10-06T08:30:00", "--to", "-1h"], /lacks a zone/],
    [["--from", "-1h", "--to", "2999-01-01T00:00:00Z"], /in the future/],
    [["--from", scene.time(60), "--to", scene.time(60)], /--from must be earlier/],
    [["--from", "-1h", "--to", "-3h"], /--from must be earlier/],
    [[...range, "--shards", "1,7"], /Cannot find shard 7 of p\/l: it has 0, 1/],
    [[...range, "--source", "p/other"], /Cannot find source p\/other/],
    [[...range, "--rate", "10"], /Expected bytes per second/],
    [[...range, "--query", ""], /Expected an SPL query/],
  ];
  for (const [args, expected] of cases) {
    const { code, err } = await scene.backfill(args);
    assert.equal(code, 2, `${args.join(" ")}: ${err}`);
    assert.match(err, expected, args.join(" "));
  }
  assert.deepEqual(scene.delivered, []);
  assert.deepEqual(scene.stateFiles.filter((name) => name.endsWith(".json")), []);

  await Deno.writeTextFile(`${scene.folder}/precious`, "not a state file");
  const { code, err } = await scene.backfill([...range, "--state", "precious"]);
  assert.equal(code, 2);
  assert.match(err, /not a state file/);
  assert.equal(await Deno.readTextFile(`${scene.folder}/precious`), "not a state file");
});

Deno.test("backfill resumes from a state file only for the same job, and begins none twice by accident", async () => {
  await using scene = new BackfillHarness();
  scene.write(0, 10);
  const state = ["--state", "s/state.json"];
  const first = await scene.backfill(["--from", "-2d", "--to", "-1h", ...state]);
  assert.equal(first.code, 0, first.err);
  const other = await scene.backfill(["--from", "-3d", "--to", "-1h", ...state]);
  assert.equal(other.code, 2);
  assert.match(other.err, /another backfill/);
  // The same words mean other times by now: neither sent again nor called done.
  const later = await scene.backfill(["--from", "-2d", "--to", "-1h", ...state]);
  assert.equal(later.code, 2);
  assert.match(later.err, /one is complete, begun when these meant other times/);
  assert.equal(scene.delivered.length, 10);
});

Deno.test("backfill needs what its configuration grants and no more", async () => {
  await using scene = new BackfillHarness();
  scene.write(0, 10);
  const source = { env: (name: string) => scene.env[name], readFile: Deno.readTextFileSync };
  const loaded = loadConfig(source, "backfill");
  assert.ok(loaded.ok);
  const flags = grantFlags(loaded.grant);
  const range = ["--from", scene.time(0), "--to", scene.time(60)];
  const { code, err } = await scene.backfill(range, flags);
  assert.equal(code, 0, err);
  const outside = await scene.backfill([...range, "--state", "elsewhere/state.json"], flags);
  assert.equal(outside.code, 2);
  assert.match(
    outside.err,
    /permissions[^\n]*\n {2}read elsewhere \(the state file\)\n {2}write elsewhere/,
  );
});

Deno.test("deno task backfill starts it with these permissions, a state file elsewhere included", async () => {
  await using scene = new BackfillHarness();
  scene.write(0, 10);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", `--config=${CONFIG}`, "backfill"].concat(
      ["--from", "-3d", "--to", "-3h", "--state", "elsewhere/state.json"],
    ),
    cwd: scene.folder,
    env: { ...scene.env, INIT_CWD: scene.folder, NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(scene.delivered.length, 10);
  assert.ok(Deno.statSync(`${scene.folder}/elsewhere/state.json`).isFile);
});
