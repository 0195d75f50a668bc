import assert from "node:assert/strict";
import { ids, letter, namesIn, withFolder } from "../hec/dead_letter_files.ts";

const NEVER = new AbortController().signal;
const POSIX = Deno.build.os !== "windows";

Deno.test("DeadLetterFolder writes a letter with all that is needed to send it again", async () => {
  await withFolder(async ({ folder, files, path }) => {
    const envelope = '{"time":1.000000001,"event":{"a":"\ufeff\u0000\ufffd\u2028\\u0000\n😀"}}';
    await folder.park(
      letter("", {
        envelope: new TextEncoder().encode(envelope),
        code: undefined,
        status: 413,
        text: "an HTML page",
        reason: "too_large",
      }),
      NEVER,
    );
    assert.deepEqual(files(), [[{
      time: "2026-10-06T08:30:00.000Z",
      source: "p/l",
      shard: 3,
      cursor: "MTAw",
      index_in_page: 7,
      reason: "too_large",
      status: 413,
      code: null,
      text: "an HTML page",
      envelope,
    }]]);
    if (!POSIX) return;
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(namesIn(path)[0]!).mode! & 0o777, 0o600);
  });
});

Deno.test("DeadLetterFolder makes nothing before the first letter", async () => {
  await withFolder(async ({ path, folder }) => {
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    await folder.park(letter("a"), NEVER);
    assert.ok(Deno.statSync(path).isDirectory);
  });
});

Deno.test("DeadLetterFolder refuses an envelope that is not UTF-8 rather than change it", async () => {
  await withFolder(async ({ folder }) => {
    await assert.rejects(
      folder.park(letter("a", { envelope: Uint8Array.of(0xff) }), NEVER),
      TypeError,
    );
  });
});

Deno.test("DeadLetterFolder counts a letter only when it is on the disk, many with one sync", async () => {
  await withFolder(async ({ folder, files }) => {
    const { syncData } = Deno.FsFile.prototype;
    let syncs = 0;
    Deno.FsFile.prototype.syncData = async function (this: Deno.FsFile) {
      await syncData.call(this);
      syncs++;
    };
    try {
      let counted = 0;
      const parking = Array.from({ length: 1000 }, async (_, i) => {
        await folder.park(letter(`${i}`), NEVER);
        counted++;
        assert.ok(syncs > 0);
      });
      assert.equal(counted, 0);
      await Promise.all(parking);
    } finally {
      Deno.FsFile.prototype.syncData = syncData;
    }
    assert.ok(syncs < 10, `${syncs} syncs`);
    assert.deepEqual(ids(files().flat()), Array.from({ length: 1000 }, (_, i) => `${i}`));
  });
});

Deno.test("DeadLetterFolder begins a new file when one has grown to its size", async () => {
  await withFolder(async ({ folder, files, clock }) => {
    for (let i = 0; i < 9; i++) {
      await folder.park(letter(`${i}`), NEVER);
      await clock.advance(1000);
    }
    const sizes = files().map((records) => records.length);
    assert.ok(sizes.length >= 3, `${sizes}`);
    assert.deepEqual(ids(files().flat()), [..."012345678"]);
  }, 600);
});

Deno.test("DeadLetterFolder leaves the files of others alone, also of one with the same name", async () => {
  await withFolder(async ({ folder, path, files, telemetry }) => {
    await Deno.mkdir(path, { recursive: true });
    // A process in another container has the same process id, and begins in the same second.
    const taken = `${path}/20261006T083000Z-${Deno.pid}-0.jsonl`;
    await Deno.writeTextFile(taken, '{"torn');
    await folder.park(letter("a"), NEVER);
    assert.equal(await Deno.readTextFile(taken), '{"torn');
    await Deno.remove(taken);
    assert.deepEqual(ids(files().flat()), ["a"]);
    assert.deepEqual(telemetry, [{
      type: "parked",
      source: "p/l",
      shard: 3,
      cursor: "MTAw",
      reason: "refused",
      status: 400,
      code: 6,
      text: "Invalid data format",
      folder: path,
    }]);
  });
});

Deno.test("DeadLetterFolder holds a lock on the file that it writes", async () => {
  await withFolder(async ({ folder, path }) => {
    await folder.park(letter("a"), NEVER);
    const [file] = namesIn(path);
    const free = () => {
      using other = Deno.openSync(file!, { read: true, write: true });
      return other.tryLockSync(true);
    };
    assert.equal(free(), false);
    await folder[Symbol.asyncDispose]();
    assert.equal(free(), true);
  });
});
