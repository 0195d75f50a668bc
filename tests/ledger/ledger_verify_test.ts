import assert from "node:assert/strict";
import { readLedgerLine } from "../../src/ledger/ledger_line.ts";
import { verifyLedgers } from "../../src/ledger/ledger_verify.ts";
import { entry, inFolder, verify, write } from "./ledger_harness.ts";

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
