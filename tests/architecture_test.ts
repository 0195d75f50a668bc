import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

function* filesUnder(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesUnder(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

const folderOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1] ?? "";
const pathOf = (url: URL) => url.href.slice(root.href.length);

const sources = [...filesUnder(new URL("src/", root))].map((url) => ({
  path: pathOf(url),
  text: Deno.readTextFileSync(url),
  imports: [...Deno.readTextFileSync(url).matchAll(/(?:from\s+|import\s+|import\()"(\.[^"]+)"/g)]
    .map(([, specifier]) => pathOf(new URL(specifier!, url))),
}));

/** Which room may import which: the table of the design. */
const MAY_IMPORT = new Map(
  [
    ...Deno.readTextFileSync(new URL("docs/design.md", root))
      .matchAll(/^\| `src\/(\w+)` +\|[^|]*\| ([\w, ]+?) +\|$/gm),
  ]
    .map(([, room, rooms]) => [room!, rooms === "nothing" ? [] : rooms!.split(", ")]),
);

Deno.test("src/ holds rooms only, each in the table of docs/design.md", () => {
  const entries = [...Deno.readDirSync(new URL("src/", root))];
  assert.deepEqual(entries.filter(({ isDirectory }) => !isDirectory), []);
  assert.deepEqual(entries.map(({ name }) => name).sort(), [...MAY_IMPORT.keys()].sort());
});

Deno.test("docs/design.md allows no import between rooms that none of them needs", () => {
  const used = new Set(
    sources.flatMap(({ path, imports }) =>
      imports.map((to) => `${folderOf(path)} ${folderOf(to)}`)
    ),
  );
  const allowed = [...MAY_IMPORT].flatMap(([room, rooms]) => rooms.map((to) => `${room} ${to}`));
  assert.deepEqual(allowed.filter((pair) => !used.has(pair)), []);
});

Deno.test("src/ rooms import only what docs/design.md lets them", () => {
  const wrong = sources.flatMap(({ path, imports }) =>
    imports.filter((to) => to.startsWith("src/")).filter((to) => {
      const [from, target] = [folderOf(path), folderOf(to)];
      return from !== target && !MAY_IMPORT.get(from)?.includes(target);
    }).map((to) => `${path} imports ${to}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("src/ has no files that import one another in a circle", () => {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path].join(" > "));
    if (at >= 0 || done.has(path)) return;
    for (const to of importsOf.get(path) ?? []) walk(to, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) walk(path, []);
  assert.deepEqual(circles, []);
});

Deno.test("src/pipeline knows the consumer engine by its ports only", () => {
  const others = sources.filter(({ path }) => folderOf(path) === "pipeline")
    .flatMap(({ imports }) => imports.filter((to) => folderOf(to) === "consumer"));
  assert.deepEqual([...new Set(others)], ["src/consumer/ports.ts"]);
});

Deno.test("src/observe is imported by what runs with a log alone", () => {
  const importers = sources.filter(({ path, imports }) =>
    folderOf(path) !== "observe" && imports.some((to) => folderOf(to) === "observe")
  ).map(({ path }) => path);
  assert.deepEqual(importers.sort(), ["src/app/app.ts", "src/app/backfill.ts"]);
});

Deno.test("what forwards loads nothing that only reads configurations: it would start later", () => {
  const loaded = new Set([
    "src/app/app.ts",
    "src/cli/app_worker.ts",
    "src/app/data_plane_worker_main.ts",
  ]);
  const packages = new Set<string>();
  for (const path of loaded) { // which grows while it is walked
    const text = sources.find((source) => source.path === path)?.text ?? "";
    for (
      const [, specifier] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "(.+?)";/gm)
    ) {
      if (specifier!.startsWith(".")) loaded.add(pathOf(new URL(specifier!, new URL(path, root))));
      else packages.add(specifier!);
    }
  }
  assert.ok(packages.has("@logtape/logtape"), "packages are found");
  assert.ok(!packages.has("yaml") && !packages.has("zod"), [...packages].join());
});

Deno.test("no file has more than 300 lines", () => {
  const files = [...filesUnder(new URL("src/", root)), ...filesUnder(new URL("tests/", root))];
  const long = [...files, new URL("main.ts", root)]
    .map((url) => ({ path: pathOf(url), lines: Deno.readTextFileSync(url).split("\n").length - 1 }))
    .filter(({ lines }) => lines > 300);
  assert.deepEqual(long, []);
});

Deno.test("src/ reads time, chance and timers only where they are handed in", () => {
  const allowed = new Set(["src/base/clock.ts"]);
  const found = sources.filter(({ path }) => !allowed.has(path))
    .filter(({ text }) => /\b(Date\.now|setTimeout|setInterval)\(/.test(text))
    .map(({ path }) => path);
  assert.deepEqual(found, []);
});

Deno.test("docs/design.md names only files that exist", () => {
  const text = Deno.readTextFileSync(new URL("docs/design.md", root));
  const named = [...text.matchAll(/`((?:src|tests|docs)\/[\w./-]+|main\.ts)`/g)].map(([, path]) =>
    path!
  );
  assert.ok(named.length > 20, "the journey of a log names its stations");
  const missing = named.filter((path) => {
    try {
      Deno.statSync(new URL(path, root));
      return false;
    } catch {
      return true;
    }
  });
  assert.deepEqual(missing, []);
});

Deno.test("docs/design.md says of each behaviour which files decide and test it", () => {
  const text = Deno.readTextFileSync(new URL("docs/design.md", root));
  const section = /^## Where is what\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  assert.ok(rows.length >= 20, `${rows.length} behaviours`);
  for (const row of rows) {
    const [, behaviour, decided, tested] = row.split("|").map((cell) => cell.trim());
    const named = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
    const [deciding, testing] = [named(decided), named(tested)];
    assert.ok(deciding.length > 0 && testing.length > 0, behaviour);
    for (const path of deciding) assert.match(path, /^src\/[\w/]+\.ts$/, behaviour);
    for (const path of testing) assert.match(path, /^tests\/[\w/]+_test\.ts$/, behaviour);
    for (const path of [...deciding, ...testing]) Deno.statSync(new URL(path, root));
  }
});

Deno.test("every import of a package is pinned in deno.json and comes from the npm registry", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  for (const [name, target] of Object.entries(imports)) {
    assert.match(String(target), /^npm:[@\w/-]+@\d+\.\d+\.\d+$/, name);
  }
});

Deno.test("src/ prints in one place, which takes secrets out and makes foreign texts printable", () => {
  // The log and the ledger go to a stream as they go to a file: what they write is filtered before.
  const allowed = new Set([
    "src/base/plain_file.ts",
    "src/cli/print.ts",
    "src/tasks/build_core.ts",
  ]);
  const found = sources.filter(({ path }) => !allowed.has(path) && folderOf(path) !== "emulator")
    .filter(({ text }) => /^[^*]*\bconsole\.\w+\(|\bDeno\.stdout\b/m.test(text))
    .map(({ path }) => path);
  assert.deepEqual(found, []);
});
