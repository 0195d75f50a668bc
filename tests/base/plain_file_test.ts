import assert from "node:assert/strict";
import { isOwnStream, openInPlace, ownStream, whyNotPlain } from "../../src/base/plain_file.ts";

const folder = await Deno.realPath(Deno.makeTempDirSync());
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
Deno.mkdirSync(`${folder}/in/sub`, { recursive: true });
Deno.writeTextFileSync(`${folder}/out`, "x");
Deno.writeTextFileSync(`${folder}/in/file`, "x");
const links: [name: string, target: string][] = [
  ["near", "file"],
  ["near-absolute", `${folder}/in/file`],
  ["near-by-detour", "sub/../file"],
  ["near-chain", "near"],
  ["far", "../out"],
  ["far-chain", "far"],
  ["below", "sub/file"],
  ["device", "/dev/null"],
  ["dangling", "nowhere"],
  ["folder", "sub"],
];
for (const [name, target] of links) Deno.symlinkSync(target, `${folder}/in/${name}`);
Deno.writeTextFileSync(`${folder}/in/sub/file`, "x");
new Deno.Command("mkfifo", { args: [`${folder}/in/pipe`] }).outputSync();

const cases: [name: string, found: RegExp | undefined][] = [
  ["file", undefined],
  ["none", undefined],
  ["near", undefined],
  ["near-absolute", undefined],
  ["near-by-detour", undefined],
  ["near-chain", undefined],
  ["far", /^which is a link to \.\.\/out$/],
  ["far-chain", /^which is a link to far$/],
  ["below", /^which is a link to sub\/file$/],
  ["device", /^which is a link to \/dev\/null$/],
  ["dangling", /^which is a link to nowhere, which does not exist$/],
  ["folder", /^which is not a regular file$/],
  ["pipe", /^which is not a regular file$/],
];
for (const [name, found] of cases) {
  Deno.test(`whyNotPlain() ${found ? "refuses" : "takes"} ${name}`, () => {
    const why = whyNotPlain(`${folder}/in/./${name}`);
    if (found) assert.match(why ?? "nothing", found);
    else assert.equal(why, undefined);
  });
}

Deno.test("ownStream() knows the process's own streams by their names alone", () => {
  assert.equal(ownStream("/dev/stdout"), Deno.stdout);
  assert.equal(ownStream("/dev/stderr"), Deno.stderr);
  for (const path of ["/dev/null", "stdout", "toString", "/dev/../dev/stderr"]) {
    assert.ok(!isOwnStream(path), path);
  }
});

for (const [name, found] of cases.filter(([name]) => name !== "none")) {
  Deno.test(`openInPlace() ${found ? "refuses" : "opens"} ${name}, and leaves what is there`, () => {
    const path = `${folder}/in/${name}`;
    if (found) {
      assert.throws(() => openInPlace(path, { read: true, write: true }), {
        message: new RegExp(`^found a file ${found.source.slice(1)}`),
      });
    } else openInPlace(path, { read: true, write: true }).close();
    assert.equal(Deno.readTextFileSync(`${folder}/in/file`), "x");
    assert.throws(() => Deno.statSync(`${folder}/in/nowhere`), Deno.errors.NotFound);
  });
}

Deno.test("openInPlace() refuses a link that is put there while the file is opened", () => {
  const path = `${folder}/in/swapped`;
  Deno.writeTextFileSync(path, "x");
  const real = Deno.openSync;
  Deno.openSync = (name, options) => {
    if (options?.createNew) return real(name, options);
    Deno.removeSync(path);
    Deno.symlinkSync("../out", path);
    const file = real(name, options);
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, "y"); // and taken away again
    return file;
  };
  try {
    assert.throws(() => openInPlace(path, { write: true }), /another file took its place/);
    assert.equal(Deno.readTextFileSync(`${folder}/out`), "x");
  } finally {
    Deno.openSync = real;
  }
});

for (const time of ["made", "there"]) {
  Deno.test(`log and ledger are opened in a folder that is reached by a link, when they are ${time}`, async () => {
    const real = `${folder}/real-${time}`;
    const link = `${folder}/link-${time}`;
    Deno.mkdirSync(real);
    Deno.symlinkSync(real, link);
    if (time === "there") {
      for (const name of ["log", "ledger"]) Deno.createSync(`${real}/${name}`).close();
    }
    const files = ["log", "log.1", "ledger"].map((name) => `${link}/${name}`).join();
    const program = new URL("opening_program.ts", import.meta.url);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-read=${files}`,
        `--allow-write=${files}`,
        program.href,
        `${link}/log`,
        `${link}/ledger`,
      ],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(new TextDecoder().decode(stdout), "");
    assert.equal(Deno.readTextFileSync(`${real}/log.1`), "first line\n");
    assert.equal(Deno.readTextFileSync(`${real}/log`), "second line\n");
  });
}
