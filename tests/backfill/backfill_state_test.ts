import assert from "node:assert/strict";
import { folderOf } from "../../src/base/durable_file.ts";
import { NO_LOGS } from "../../src/base/log_counts.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { BackfillJob } from "../../src/backfill/backfill_plan.ts";
import { BackfillState } from "../../src/backfill/backfill_state.ts";

const JOB: BackfillJob = {
  endpoint: "https://x:443",
  from: "-3h",
  to: "-1h",
  shards: undefined,
  sources: [{ name: "p/l", query: undefined, processor: undefined }],
};
const RANGES = [
  { source: "p/l", shard: 0, from: "MA==", to: "OQ==" },
  { source: "p/l", shard: 1, from: "MA==", to: "OQ==" },
];
const range = (from: string, to: string, delivered: number, expired = false) => ({
  from,
  to,
  expired,
  counts: { ...NO_LOGS, pages: 1, delivered, rawBytes: 10, eventBytes: 20 },
});

async function inFolder(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/made/state.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("BackfillState keeps cursors and counts over a restart, and counts only what a step covered", () =>
  inFolder(async (path) => {
    {
      using state = await BackfillState.open(path, systemClock);
      assert.equal(state.content, undefined);
      state.begin(JOB, { fromSec: 1, toSec: 2 }, RANGES);
      state.cover("p/l", 0, range("MA==", "Mw==", 30));
      state.cover("p/l", 0, range("Mw==", "NQ==", 0, true));
      state.reach("p/l", 0, "NQ==");
      state.cover("p/l", 0, range("NQ==", "Ng==", 1000)); // the process is killed before the step
    }
    using state = await BackfillState.open(path, systemClock);
    state.checkJob(JOB);
    const { reached, fetched, delivered, pages, expired } = state.shard("p/l", 0);
    assert.deepEqual([reached, fetched, delivered, pages], ["NQ==", 30, 30, 2]);
    assert.deepEqual(expired, [{ from: "Mw==", to: "NQ==" }]);
    assert.equal(state.shard("p/l", 1).reached, "MA==");
    assert.deepEqual([state.content!.from_sec, state.content!.to_sec], [1, 2]);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

Deno.test("BackfillState refuses the file of another job, naming both", () =>
  inFolder(async (path) => {
    using state = await BackfillState.open(path, systemClock);
    state.begin(JOB, { fromSec: 1, toSec: 2 }, RANGES);
    const others: Partial<BackfillJob>[] = [
      { endpoint: "https://y:443" },
      { from: "-4h" },
      { to: "-2h" },
      { shards: [0] },
      { sources: [{ name: "p/l", query: "* | where a = 'b'", processor: undefined }] },
      { sources: [{ name: "p/other", query: undefined, processor: undefined }] },
    ];
    for (const other of others) {
      assert.throws(() => state.checkJob({ ...JOB, ...other }), {
        name: "UsageError",
        message: /another backfill: found .*, expected /,
      });
    }
  }));

Deno.test("BackfillState refuses what is no state file, and leaves it alone", () =>
  inFolder(async (path) => {
    (await BackfillState.open(path, systemClock))[Symbol.dispose]();
    for (const text of ["", "{}", "not json", '{"sls2hec_backfill":2}']) {
      Deno.writeTextFileSync(path, text);
      await assert.rejects(BackfillState.open(path, systemClock), {
        name: "UsageError",
        message: /not a state file/,
      });
      assert.equal(Deno.readTextFileSync(path), text);
    }
  }));

Deno.test("BackfillState takes what a crash in the middle of a step has left", () =>
  inFolder(async (path) => {
    {
      using state = await BackfillState.open(path, systemClock);
      state.begin(JOB, { fromSec: 1, toSec: 2 }, RANGES);
    }
    Deno.writeTextFileSync(`${path}.0123456789abcdef.partial`, '{"sls2hec_ba');
    using state = await BackfillState.open(path, systemClock);
    assert.equal(state.content!.shards.length, 2);
    state.reach("p/l", 1, "OQ==");
    assert.equal(state.shard("p/l", 1).reached, "OQ==");
    const left = [...Deno.readDirSync(folderOf(path))].filter(({ name }) =>
      /partial|tmp/.test(name)
    );
    assert.deepEqual(left, []);
  }));

Deno.test("BackfillState writes through no link beside its file", () =>
  inFolder(async (path) => {
    const victim = await Deno.makeTempFile();
    try {
      Deno.writeTextFileSync(victim, "mine");
      Deno.mkdirSync(folderOf(path));
      for (const suffix of [".tmp", ".partial"]) Deno.symlinkSync(victim, path + suffix);
      using state = await BackfillState.open(path, systemClock);
      state.begin(JOB, { fromSec: 1, toSec: 2 }, RANGES);
      assert.equal(Deno.readTextFileSync(victim), "mine");
    } finally {
      await Deno.remove(victim);
    }
  }));

Deno.test("BackfillState fails a step that the disk refuses, and stays as it was", () =>
  inFolder(async (path) => {
    using state = await BackfillState.open(path, systemClock);
    state.begin(JOB, { fromSec: 1, toSec: 2 }, RANGES);
    const folder = folderOf(path);
    Deno.renameSync(folder, `${folder}.away`);
    state.cover("p/l", 0, range("MA==", "Mw==", 30));
    assert.throws(() => state.reach("p/l", 0, "Mw=="), {
      name: "OperatorError",
      message: /Cannot write/,
    });
    assert.deepEqual([state.shard("p/l", 0).reached, state.shard("p/l", 0).fetched], ["MA==", 0]);
    Deno.renameSync(`${folder}.away`, folder);
    state.reach("p/l", 0, "Mw==");
    assert.deepEqual([state.shard("p/l", 0).reached, state.shard("p/l", 0).fetched], ["Mw==", 30]);
  }));
