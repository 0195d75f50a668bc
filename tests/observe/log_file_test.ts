import assert from "node:assert/strict";
import { LogFile } from "../../src/observe/log_file.ts";
import { FakeClock } from "../support/fake_clock.ts";

interface Parts {
  readonly folder: string;
  readonly path: string;
  readonly clock: FakeClock;
  /** Lines that went to the fallback. */
  readonly elsewhere: string[];
  readonly open: (maxBytes?: number, backups?: number) => LogFile;
}

async function withLog(work: (parts: Parts) => Promise<void> | void): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const path = `${folder}/log`;
  const clock = new FakeClock();
  const elsewhere: string[] = [];
  const open = (maxBytes = 1000, backups = 2) =>
    new LogFile({
      path,
      maxBytes,
      backups,
      clock,
      fallback: (line) => elsewhere.push(line),
      notice: (level, message) => `${level}: ${message}\n`,
    });
  try {
    await work({ folder, path, clock, elsewhere, open });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const read = (path: string) => Deno.readTextFileSync(path);
const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Makes every write to a file fail as on a full disk, after half of the line, until it is disposed. */
function fullDisk(): Disposable {
  const real = Deno.FsFile.prototype.writeSync;
  Deno.FsFile.prototype.writeSync = function (bytes) {
    real.call(this, bytes.subarray(0, Math.floor(bytes.length / 2)));
    throw new Error("No space left on device (os error 28)");
  };
  return { [Symbol.dispose]: () => void (Deno.FsFile.prototype.writeSync = real) };
}

for (const umask of [0o000, 0o022, 0o077, 0o177]) {
  Deno.test(`LogFile makes a file for its owner alone under the umask ${umask.toString(8)}`, () =>
    withLog(({ path, open }) => {
      const before = Deno.umask(umask);
      try {
        using log = open();
        log.write("one\n");
      } finally {
        Deno.umask(before);
      }
      assert.equal(modeOf(path), "600");
    }));
}

Deno.test("LogFile appends to the file that is there, and leaves its mode", () =>
  withLog(({ path, open }) => {
    Deno.writeTextFileSync(path, "old\n");
    Deno.chmodSync(path, 0o640);
    using log = open();
    log.write("new\n");
    assert.equal(read(path), "old\nnew\n");
    assert.equal(modeOf(path), "640");
  }));

Deno.test("LogFile keeps as many older files as configured, each within its size", () =>
  withLog(({ folder, path, open }) => {
    using log = open(10, 2);
    for (const line of ["aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n", "ffff\n", "gggg\n"]) {
      log.write(line);
    }
    assert.deepEqual(namesIn(folder), ["log", "log.1", "log.2"]);
    assert.deepEqual([path, `${path}.1`, `${path}.2`].map(read), [
      "gggg\n",
      "eeee\nffff\n",
      "cccc\ndddd\n",
    ]);
  }));

Deno.test("LogFile writes a line that is larger than a file whole, alone", () =>
  withLog(({ path, open }) => {
    using log = open(10, 1);
    log.write("a\n");
    log.write("much larger than ten\n");
    assert.deepEqual([path, `${path}.1`].map(read), ["much larger than ten\n", "a\n"]);
  }));

Deno.test("LogFile without older files begins the one again", () =>
  withLog(({ folder, path, open }) => {
    using log = open(10, 0);
    for (const line of ["aaaa\n", "bbbb\n", "cccc\n"]) log.write(line);
    assert.deepEqual(namesIn(folder), ["log"]);
    assert.equal(read(path), "cccc\n");
  }));

for (const mode of [0o600, 0o640, 0o664]) {
  Deno.test(`LogFile gives the file after a rotation the mode ${mode.toString(8)} of the one before`, () =>
    withLog(({ path, open }) => {
      Deno.writeTextFileSync(path, "old\n");
      Deno.chmodSync(path, mode);
      const before = Deno.umask(0o077);
      try {
        using log = open(5, 1);
        log.write("new\n");
      } finally {
        Deno.umask(before);
      }
      assert.equal(read(path), "new\n");
      assert.deepEqual([modeOf(path), modeOf(`${path}.1`)], [mode.toString(8), mode.toString(8)]);
    }));
}

for (
  const [what, target] of [["another folder", "../victim"], ["a device", "/dev/null"]] as const
) {
  Deno.test(`LogFile refuses a link to ${what}, and writes nothing there`, () =>
    withLog(({ folder, path, open }) => {
      Deno.writeTextFileSync(`${folder}/../victim-of-${Deno.pid}`, "mine");
      Deno.symlinkSync(target.replace("victim", `victim-of-${Deno.pid}`), path);
      try {
        assert.throws(() => open(), {
          name: "OperatorError",
          message: /found a file which is a link to/,
        });
        assert.equal(read(`${folder}/../victim-of-${Deno.pid}`), "mine");
      } finally {
        Deno.removeSync(`${folder}/../victim-of-${Deno.pid}`);
      }
    }));
}

Deno.test("LogFile follows no link that is where a rotation writes", () =>
  withLog(({ folder, path, open }) => {
    Deno.writeTextFileSync(`${folder}/victim`, "mine");
    for (const number of [1, 2]) Deno.symlinkSync("victim", `${path}.${number}`);
    using log = open(5, 2);
    for (const line of ["aaaa\n", "bbbb\n", "cccc\n", "dddd\n"]) log.write(line);
    assert.equal(read(`${folder}/victim`), "mine");
    assert.equal(read(path), "dddd\n");
  }));

Deno.test("LogFile on a full disk says so once, sends its lines elsewhere, and comes back", () =>
  withLog(async ({ path, clock, elsewhere, open }) => {
    using log = open();
    log.write("one\n");
    {
      using _full = fullDisk();
      log.write("two\n");
      await clock.advance(60_000);
      log.write("three\n");
    }
    log.write("four\n"); // too early to try again
    assert.match(elsewhere[0]!, /^error: Cannot write to the log file .*No space left on device/);
    assert.deepEqual(elsewhere.slice(1), ["two\n", "three\n", "four\n"]);
    assert.equal(read(path), "one\n", "no half line");
    await clock.advance(10_000);
    log.write("five\n");
    assert.match(read(path), /^one\ninfo: The log file .* written again; 3 lines .*\nfive\n$/);
    assert.match(elsewhere.at(-1)!, /^info: The log file .* can be written again/);
    log.write("six\n");
    assert.equal(elsewhere.length, 5);
  }));

Deno.test("LogFile whose folder cannot be used does not start", () =>
  withLog(async ({ folder, open }) => {
    await Deno.remove(folder, { recursive: true });
    assert.throws(() => open(), { name: "OperatorError", message: /^Cannot open the log file/ });
    await Deno.mkdir(folder);
  }));

Deno.test("LogFile sends its lines elsewhere when a rotation fails, and loses none", () =>
  withLog(({ path, elsewhere, open }) => {
    using log = open(5, 1);
    log.write("aaaa\n");
    Deno.mkdirSync(`${path}.1`); // no file can take its place
    log.write("bbbb\n");
    assert.match(elsewhere[0]!, /Cannot write to the log file/);
    assert.deepEqual(elsewhere.slice(1), ["bbbb\n"]);
    assert.equal(read(path), "aaaa\n");
  }));
