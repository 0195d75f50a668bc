import assert from "node:assert/strict";
import { whyUnusable } from "../../src/base/usable_path.ts";

const folder = Deno.makeTempDirSync();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
Deno.mkdirSync(`${folder}/folder`);
Deno.writeTextFileSync(`${folder}/file`, "x");
Deno.symlinkSync("/etc/passwd", `${folder}/far`);
Deno.symlinkSync("nowhere", `${folder}/dangling`);
Deno.symlinkSync("circle", `${folder}/circle`);
new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).outputSync();

const cases: [path: string, use: "read" | "append" | "folder", found: RegExp | undefined][] = [
  ["file", "read", undefined],
  ["folder", "read", /^which is a folder$/],
  ["none", "read", /^which does not exist$/],
  ["dangling", "read", /^which does not exist$/],
  ["circle", "read", /^which cannot be used: /],
  ["file/x", "read", /^which goes through a file$/],
  ["pipe", "read", /^which is a pipe or a socket$/],
  ["file", "append", undefined],
  ["new", "append", undefined],
  ["folder", "append", /^which is a folder$/],
  ["none/new", "append", /^whose folder does not exist$/],
  ["file/new", "append", /^which goes through a file$/],
  ["pipe", "append", /^which is a pipe or a socket$/],
  ["n".repeat(300), "append", /^which cannot be used: File name too long/],
  ["far", "append", /^which is a link to \/etc\/passwd$/],
  ["dangling", "append", /^which is a link to nowhere, which does not exist$/],
  ["far", "read", undefined],
  ["folder", "folder", undefined],
  ["none", "folder", undefined],
  ["file", "folder", /^which is not a folder$/],
  ["file/x", "folder", /^which goes through a file$/],
];
for (const [path, use, found] of cases) {
  Deno.test(`whyUnusable() finds ${path.slice(0, 20)} ${found ? "un" : ""}usable to ${use}, and leaves it as it is`, () => {
    const before = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const why = whyUnusable(`${folder}/${path}`, use);
    if (found) assert.match(why ?? "", found);
    else assert.equal(why, undefined);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), before);
    assert.equal(Deno.readTextFileSync(`${folder}/file`), "x");
  });
}

Deno.test("whyUnusable() opens nothing for the process's own streams", () => {
  for (const path of ["/dev/stdout", "/dev/stderr"]) {
    assert.equal(whyUnusable(path, "append"), undefined);
  }
});
