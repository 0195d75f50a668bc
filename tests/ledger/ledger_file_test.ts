import assert from "node:assert/strict";
import { LedgerFile } from "../../src/ledger/ledger_file.ts";
import { readLedgerLine } from "../../src/ledger/ledger_line.ts";
import { verifyLedgers } from "../../src/ledger/ledger_verify.ts";
import { FakeClock } from "../support/fake_clock.ts";

const cursor = (n: number) => btoa(String(n));

function entry(from: number, to: number, { shard = 0, logs = to - from, expired = false } = {}) {
  return {
    consumer: "c",
    source: "p/l",
    shard,
    from: cursor(from),
    to: cursor(to),
    ...(expired && { expired: true as const }),
    fetched: logs,
    delivered: logs,
    filtered: 0,
    parked: 0,
    pages: 1,
    raw_bytes: 1,
    event_bytes: 2,
    resends: 0,
    ack_timeouts: 0,
  };
}

async function inFolder(work: (path: string, clock: FakeClock) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/ledger.jsonl`, new FakeClock());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function write(path: string, clock: FakeClock, ...entries: ReturnType<typeof entry>[]) {
  using file = await LedgerFile.open(path, clock);
  for (const one of entries) {
    await file.append(one);
    clock.jump(1000);
  }
}

const verify = (path: string) => verifyLedgers([{ name: "f", text: Deno.readTextFileSync(path) }]);

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

const tampering: [sentence: string, tamper: (lines: string[]) => string[], expected: RegExp][] = [
  [
    "a number that was changed",
    ([a, b, c]) => [a!, b!.replace('"delivered":4', '"delivered":5'), c!],
    /f:2: the line was changed/,
  ],
  ["a line that was taken out", ([a, , c]) => [a!, c!], /f:2: the chain is broken/],
  ["the first line taken out", ([, b, c]) => [b!, c!], /f:1: the chain is broken/],
  ["lines that were swapped", ([a, b, c]) => [b!, a!, c!], /f:1: the chain is broken/],
  ["a line that was repeated", ([a, b, c]) => [a!, b!, b!, c!], /f:3: the chain is broken/],
  ["line ends that another program made", (lines) => lines.map((a) => `${a}\r`), /f:1: .*changed/],
  ["a blank behind the last line", ([a, b, c]) => [a!, b!, `${c} `], /f:3: the line was changed/],
  ["a line with its hash taken off", ([a, b, c]) => [
    a!,
    b!.slice(0, b!.indexOf(',"hash"')),
    c!,
  ], /f:3: the chain is broken/],
  ["that nothing is left", () => [], /found no ledger line/],
];
for (const [sentence, tamper, expected] of tampering) {
  Deno.test(`verifyLedgers() finds ${sentence}`, async () => {
    await inFolder(async (path, clock) => {
      await write(path, clock, entry(0, 5), entry(5, 9), entry(9, 12));
      const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
      Deno.writeTextFileSync(path, `${tamper(lines).join("\n")}\n`);
      const { faults } = verify(path);
      assert.match(faults[0]!, expected);
    });
  });
}

Deno.test("verifyLedgers() reports a removed line once, and not at each line after it", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, ...[0, 1, 2, 3, 4, 5, 6].map((n) => entry(n, n + 1)));
    const lines = Deno.readTextFileSync(path).split("\n");
    Deno.writeTextFileSync(path, lines.toSpliced(2, 1).join("\n"));
    assert.deepEqual(verify(path).faults, [
      "f:3: the chain is broken: a line before it was changed, removed or inserted",
      "f:3: gap: no line covers p/l shard 0 between cursor Mg== and Mw==",
    ]);
  });
});

Deno.test("verifyLedgers() says where each file ends, as a chain does not show what is missing after its end", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5), entry(5, 9));
    const text = Deno.readTextFileSync(path);
    const last = readLedgerLine(text.trimEnd().split("\n")[1]!)!;
    const { n, time, hash } = last;
    assert.deepEqual(verify(path).ends, [{ name: "f", n, time, hash }]);
    assert.equal(n, 2);
  });
});

Deno.test("verifyLedgers() names the first gap between checkpoints", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5), entry(7, 9), entry(11, 12));
    const { faults } = verify(path);
    assert.equal(faults.length, 2);
    assert.match(
      faults[0]!,
      /^f:2: gap: no line covers p\/l shard 0 between cursor NQ== and Nw==/,
    );
  });
});

Deno.test("verifyLedgers() takes the files of several consumers as one ledger", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5));
    await write(`${path}.other`, clock, entry(5, 9));
    await write(path, clock, entry(9, 12));
    const texts = [path, `${path}.other`].map((name) => ({
      name,
      text: Deno.readTextFileSync(name),
    }));
    assert.deepEqual(verifyLedgers(texts).faults, []);
    assert.equal(verifyLedgers([texts[0]!]).faults.length, 1);
  });
});

Deno.test("verifyLedgers() counts logs that had expired as a gap", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, entry(0, 5), entry(5, 8, { logs: 0, expired: true }), entry(8, 9));
    const { faults } = verify(path);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /had expired in SLS unread/);
  });
});

Deno.test("verifyLedgers() finds sums that do not agree", async () => {
  await inFolder(async (path, clock) => {
    await write(path, clock, { ...entry(0, 5), delivered: 4 });
    assert.match(verify(path).faults[0]!, /the sums do not agree: found fetched 5/);
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
