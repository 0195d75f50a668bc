import assert from "node:assert/strict";

const root = new URL("../../../", import.meta.url);

/** The folders of the emulators that executables embed. */
const EMBEDDED = ["src/emulator/core/", "src/emulator/demo/", "src/emulator/load/"];
/** A program of its own in one of them. */
const NOT_EMBEDDED = "src/emulator/load/main.ts";

function* filesUnder(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* filesUnder(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

Deno.test("main.ts reaches exactly the embedded folders of the emulators", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--frozen", "--json", "main.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string }[];
  };
  const reached = modules.map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith(`${root}src/emulator/`))
    .map((specifier) => specifier.slice(root.href.length));
  const wanted = EMBEDDED.flatMap((folder) => [...filesUnder(folder)])
    .filter((path) => path !== NOT_EMBEDDED);
  assert.deepEqual(reached.sort(), wanted.sort());
});
