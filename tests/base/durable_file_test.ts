import assert from "node:assert/strict";
import {
  appendSynced,
  folderOf,
  removeLeftovers,
  replaceFile,
  TornFile,
} from "../../src/base/durable_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("replaceFile() makes a file for its owner alone, and leaves nothing else", () =>
  inFolder((folder) => {
    replaceFile(`${folder}/a`, bytes("one"));
    replaceFile(`${folder}/a`, bytes("two"));
    assert.equal(Deno.readTextFileSync(`${folder}/a`), "two");
    assert.equal(Deno.statSync(`${folder}/a`).mode! & 0o777, 0o600);
    assert.deepEqual(namesIn(folder), ["a"]);
  }));

for (const mode of [0o600, 0o640, 0o444]) {
  Deno.test(`replaceFile() keeps the mode ${mode.toString(8)} of the file that it replaces`, () =>
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/a`, "one");
      Deno.chmodSync(`${folder}/a`, mode);
      replaceFile(`${folder}/a`, bytes("two"));
      assert.equal(Deno.statSync(`${folder}/a`).mode! & 0o777, mode);
    }));
}

Deno.test("replaceFile() writes through no link, whether at the name or at one that could be guessed", () =>
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/state`);
    const victim = `${folder}/victim`;
    Deno.writeTextFileSync(victim, "mine");
    for (const name of ["a", "a.tmp", "a.partial", `a.${Deno.pid}`]) {
      Deno.symlinkSync(victim, `${folder}/state/${name}`);
    }
    replaceFile(`${folder}/state/a`, bytes("two"));
    assert.equal(Deno.readTextFileSync(victim), "mine");
    assert.ok(Deno.lstatSync(`${folder}/state/a`).isFile);
    assert.equal(Deno.readTextFileSync(`${folder}/state/a`), "two");
  }));

Deno.test("replaceFile() leaves the file as it was, and nothing beside it, when it cannot be replaced", () =>
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/a`); // no file can take its place
    assert.throws(() => replaceFile(`${folder}/a`, bytes("two")));
    assert.deepEqual(namesIn(folder), ["a"]);
  }));

Deno.test("removeLeftovers() deletes what a crash has left of this file, and of no other", () =>
  inFolder((folder) => {
    const left = "a.0123456789abcdef.partial";
    const others = [
      "a",
      "a.partial",
      "a.0123456789abcde.partial",
      "ab.0123456789abcdef.partial",
      "a.x.0123456789abcdef.partial",
      "a.0123456789abcdef",
    ];
    for (const name of [left, ...others]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    removeLeftovers(`${folder}/a`);
    assert.deepEqual(namesIn(folder), others.sort());
  }));

/** A file whose next calls of one method fail, after half of a write. */
function failingFile(path: string, methods: readonly string[]): Deno.FsFile & Disposable {
  const file = Deno.openSync(path, { read: true, write: true, create: true });
  return new Proxy(file, {
    get(_, name) {
      const value = Reflect.get(file, name);
      if (typeof value !== "function") return value;
      if (!methods.includes(String(name))) return value.bind(file);
      return (part: Uint8Array) => {
        if (name === "write") file.writeSync(part.subarray(0, 2));
        return Promise.reject(new Error(`full (${String(name)})`));
      };
    },
  });
}

Deno.test("appendSynced() writes at the end and gives the length", () =>
  inFolder(async (folder) => {
    using file = Deno.openSync(`${folder}/a`, { read: true, write: true, create: true });
    const end = await appendSynced(file, 0, [bytes("one "), bytes("two ")]);
    assert.equal(end, 8);
    assert.equal(await appendSynced(file, end, [bytes("three")]), 13);
    assert.equal(Deno.readTextFileSync(`${folder}/a`), "one two three");
  }));

for (const method of ["write", "syncData"]) {
  Deno.test(`appendSynced() removes what was written when ${method} fails`, () =>
    inFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/a`, "one ");
      using file = failingFile(`${folder}/a`, [method]);
      await assert.rejects(appendSynced(file, 4, [bytes("two")]), {
        message: `full (${method})`,
      });
      assert.equal(Deno.readTextFileSync(`${folder}/a`), "one ");
    }));
}

Deno.test("appendSynced() says so when it cannot remove what was half written", () =>
  inFolder(async (folder) => {
    using file = failingFile(`${folder}/a`, ["write", "truncate"]);
    await assert.rejects(appendSynced(file, 0, [bytes("two")]), (error) => {
      assert.ok(error instanceof TornFile);
      assert.equal(error.message, "full (truncate)");
      assert.equal((error.cause as Error).message, "full (write)");
      return true;
    });
  }));

Deno.test("folderOf() gives the folder of a file", () => {
  assert.deepEqual(["a.log", "a/b.log", "/a.log", "/a/b/c"].map(folderOf), [".", "a", "/", "/a/b"]);
});
