import assert from "node:assert/strict";
import { ids, letter, namesIn, recordsIn, withFolder } from "../hec/dead_letter_files.ts";

const NEVER = new AbortController().signal;

Deno.test("DeadLetterFolder keeps letters waiting while the disk refuses, and writes them then", async () => {
  await withFolder(async ({ folder, path, clock, telemetry, files }) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "a file in the folder's place");
    let written = 0;
    const parking = ["a", "b"].map(async (id) => {
      await folder.park(letter(id), NEVER);
      written++;
    });
    while (telemetry.length < 3) await clock.advance(10_000);
    assert.equal(written, 0);
    const trouble = telemetry[0];
    assert.ok(trouble?.type === "trouble" && trouble.held === true);
    assert.equal(trouble.about, "dead letters");
    assert.match(trouble.message, /^Cannot write 2 dead letters to .*when needed: /);
    await Deno.remove(path);
    while (written < 2) await clock.advance(30_000);
    await Promise.all(parking);
    assert.deepEqual(ids(files().flat()), ["a", "b"]);
    assert.deepEqual(telemetry.at(-1), { type: "recovered", about: "dead letters" });
  });
});

/** Makes the next calls of a method of all files fail, until it is disposed. */
function failing(method: "write" | "syncData" | "truncate", times: number): Disposable {
  const prototype = Deno.FsFile.prototype as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const real = prototype[method]!;
  let left = times;
  prototype[method] = async function (this: Deno.FsFile, ...args: unknown[]) {
    if (left-- <= 0) return await real.apply(this, args);
    // As on a full disk: some of the line is written.
    if (method === "write") await real.call(this, (args[0] as Uint8Array).subarray(0, 9));
    throw new Error(`No space left on device (${method})`);
  };
  return { [Symbol.dispose]: () => void (prototype[method] = real) };
}

for (const method of ["write", "syncData"] as const) {
  Deno.test(`DeadLetterFolder takes back a half-written letter when ${method} fails`, async () => {
    await withFolder(async ({ folder, clock, telemetry, files }) => {
      await folder.park(letter("a"), NEVER);
      using _failing = failing(method, 2);
      let written = false;
      const parking = folder.park(letter("b"), NEVER).then(() => written = true);
      await clock.advance(0);
      while (telemetry.length === 1) await clock.advance(0); // of the first letter
      assert.equal(written, false);
      assert.deepEqual(files().map(ids), [["a"]]);
      while (!written) await clock.advance(1000);
      await parking;
      assert.deepEqual(files().map(ids), [["a", "b"]]);
      assert.deepEqual(telemetry.map(({ type }) => type), [
        "parked",
        "trouble",
        "trouble",
        "parked", // only now that it is written
        "recovered",
      ]);
    });
  });
}

Deno.test("DeadLetterFolder leaves a torn line that it cannot remove, and continues in a new file", async () => {
  await withFolder(async ({ folder, clock, telemetry, path }) => {
    await folder.park(letter("a"), NEVER);
    using _write = failing("write", 1);
    using _truncate = failing("truncate", 1);
    let written = false;
    const parking = folder.park(letter("b"), NEVER).then(() => written = true);
    while (!written) await clock.advance(1000);
    await parking;
    const [torn, next] = namesIn(path);
    const lines = Deno.readTextFileSync(torn!).split("\n");
    assert.deepEqual(lines.slice(1), ['{"time":"']);
    assert.deepEqual(ids([JSON.parse(lines[0]!)]), ["a"]);
    assert.deepEqual(ids(recordsIn(next!)), ["b"]);
    const messages = telemetry.map((event) =>
      event.type === "trouble" ? event.message : event.type
    );
    assert.equal(messages[0], "parked");
    assert.match(messages[1]!, /half-written dead letter.*: No space/);
  });
});

Deno.test("DeadLetterFolder stops waiting with the signal's reason, and does not write the letter later", async () => {
  await withFolder(async ({ folder, path, clock, files }) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "");
    const stop = new AbortController();
    const gone = assert.rejects(folder.park(letter("gone"), stop.signal), /lease lost/);
    let written = false;
    const kept = folder.park(letter("kept"), NEVER).then(() => written = true);
    await clock.advance(0);
    stop.abort(new Error("lease lost"));
    await gone;
    await assert.rejects(folder.park(letter("never"), stop.signal), /lease lost/);
    await Deno.remove(path);
    while (!written) await clock.advance(60_000);
    await kept;
    assert.deepEqual(ids(files().flat()), ["kept"]);
  });
});

Deno.test("DeadLetterFolder that is closed ends every wait", async () => {
  await withFolder(async ({ folder, path, clock }) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "");
    const waiting = assert.rejects(folder.park(letter("a"), NEVER), /folder is closed/);
    await clock.advance(0);
    await folder[Symbol.asyncDispose]();
    await waiting;
    await assert.rejects(folder.park(letter("b"), NEVER), /folder is closed/);
  });
});
