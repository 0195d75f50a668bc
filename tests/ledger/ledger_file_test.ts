import assert from "node:assert/strict";
import { LedgerFile } from "../../src/ledger/ledger_file.ts";
import { readLedgerLine } from "../../src/ledger/ledger_line.ts";
import { entry, inFolder, verify, write } from "./ledger_harness.ts";

Deno.test("LedgerFile writes a chain that verifies, over several starts of the program", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5), entry(0, 3, { shard: 1 }), entry(5, 9));
    await write(path, clock, entry(9, 12));
    await write(path, clock, entry(9, 15)); // a crash before the checkpoint: read again from there
    const verdict = verify(path);
    assert.deepEqual(verdict.faults, []);
    assert.equal(verdict.lines, 5);
    assert.equal(verdict.fetched, 5 + 3 + 4 + 3 + 6);
  });
});

Deno.test("LedgerFile continues after a line that a crash cut off", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5), entry(5, 9));
    const whole = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, whole.slice(0, -40));
    await write(path, clock, entry(5, 8));
    const { faults, notes, lines } = verify(path);
    assert.deepEqual(faults, []);
    assert.equal(lines, 2);
    assert.match(notes[0]!, /^f:2: cut off by a crash/);
  });
});

for (const chars of [65_000, 70_000, 300_000, 3_000_000]) {
  Deno.test(`LedgerFile continues after a line with a cursor of ${chars} characters`, async () => {
    await inFolder(async (path, clock) => {
      const long = { ...entry(5, 9), to: "c".repeat(chars) };
      await write(path, clock, entry(0, 5), long);
      await write(path, clock, { ...entry(9, 12), from: long.to });
      const verdict = verify(path);
      assert.deepEqual(verdict.faults, []);
      assert.equal(verdict.lines, 3);
    });
  });

  Deno.test(`LedgerFile continues the chain before a line of ${chars} bytes that a crash cut off`, async () => {
    await inFolder(async (path, clock) => {
      await write(path, clock, entry(0, 5));
      const cut = `{"n":2,"to":"${"c".repeat(chars)}`;
      await Deno.writeTextFile(path, cut, { append: true });
      await write(path, clock, entry(5, 9));
      const verdict = verify(path);
      assert.deepEqual(verdict.faults, []);
      assert.equal(verdict.lines, 2);
    });
  });
}

Deno.test("LedgerFile is for one program at a time", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5));
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const f = await Deno.open(${JSON.stringify(path)}, { read: true, write: true });` +
        `await f.lock(true); console.log("locked"); await Deno.stdin.read(new Uint8Array(1));`,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await assert.rejects(LedgerFile.open(path, clock), /another program writes it/);
    await child.stdin.close();
    await reader.cancel();
    await child.status;
  });
});

Deno.test("LedgerFile refuses a file that holds something else", async () => {
  await inFolder(async (path, clock) => {
    Deno.writeTextFileSync(path, "my diary\n");
    await assert.rejects(LedgerFile.open(path, clock), /found no ledger line at its end/);
    assert.equal(Deno.readTextFileSync(path), "my diary\n");
  });
});

Deno.test("readLedgerLine() reads only what has its own hash", () => {
  assert.equal(readLedgerLine("{}"), undefined);
  assert.equal(readLedgerLine(`{"n":1,"hash":"${"0".repeat(64)}"}`), undefined);
});

Deno.test("LedgerFile refuses a link that leads out of its folder, and makes nothing there", async () => {
  await inFolder(async (path, clock) => {
    const outside = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${outside}/there`, "mine");
      for (const name of ["there", "not-there"]) {
        await Deno.symlink(`${outside}/${name}`, path);
        await assert.rejects(LedgerFile.open(path, clock), {
          name: "OperatorError",
          message: /^Cannot open the ledger file .*found a file which is a link to /,
        });
        await Deno.remove(path);
      }
      assert.deepEqual([...Deno.readDirSync(outside)].map(({ name }) => name), ["there"]);
      assert.equal(await Deno.readTextFile(`${outside}/there`), "mine");
    } finally {
      await Deno.remove(outside, { recursive: true });
    }
  });
});

for (
  const [sentence, failure] of [
    ["read-only", "Read-only file system (os error 30)"],
    ["full", "No space left on device (os error 28)"],
  ] as const
) {
  Deno.test(`LedgerFile on a ${sentence} disk is opened by the first line that finds it mended`, async () => {
    await inFolder(async (path, clock) => {
      await write(path, clock, entry(0, 5));
      const real = Deno.openSync;
      Deno.openSync = () => {
        throw new Error(failure);
      };
      const refused: unknown[] = [];
      let file: LedgerFile;
      const expected = {
        name: "OperatorError",
        message: new RegExp(`Cannot open the ledger file .*: ${failure.replace(/[()]/g, ".")}`),
        hint: /disk space/,
      };
      try {
        file = await LedgerFile.open(path, clock, (error) => refused.push(error));
        assert.equal(refused.length, 1);
        assert.throws(() => {
          throw refused[0];
        }, expected);
        await assert.rejects(file.append(entry(5, 9)), expected);
      } finally {
        Deno.openSync = real;
      }
      using _ = file;
      await file.append(entry(5, 9));
      await file.append(entry(9, 12));
      const verdict = verify(path);
      assert.deepEqual(verdict.faults, []);
      assert.equal(verdict.lines, 3);
    });
  });
}
