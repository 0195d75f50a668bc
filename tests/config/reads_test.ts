import assert from "node:assert/strict";
import { loadConfigAndGrant } from "../../src/cli/load.ts";
import { compileFlags } from "../../src/tasks/compile_task.ts";
import { startFlags } from "../../src/tasks/start_task.ts";
import { smallest } from "./test_sources.ts";

/** How often each file was read and each variable was asked for while `work` ran. */
function countReads(work: () => unknown): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const { openSync } = Deno;
  const { get } = Deno.env;
  Deno.openSync = (path, options) => {
    if (options === undefined) count(`file ${path}`); // with options, only permissions are tried
    return openSync(path, options);
  };
  Deno.env.get = (name) => {
    count(`variable ${name}`);
    return get.call(Deno.env, name);
  };
  try {
    work();
  } finally {
    Deno.openSync = openSync;
    Deno.env.get = get;
  }
  return counts;
}

const commands: [command: string, read: (path: string) => unknown][] = [
  ["run", (path) => loadConfigAndGrant(path, "run", "written")],
  ["checkpoint", (path) => loadConfigAndGrant(path, "checkpoint", "written")],
  ["backfill", (path) => loadConfigAndGrant(path, "backfill", "written")],
  ["compile", (path) => compileFlags(path)],
  ["start", (path) => startFlags("run", { config: path })],
];
for (const [command, read] of commands) {
  Deno.test(`${command} reads its file, each file of a secret and each variable once`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const at = (name: string) => `${folder}/${name}`;
      for (const name of ["key", "token"]) Deno.writeTextFileSync(at(name), `${name}-text\n`);
      // Two options share a variable, and one a file.
      const text = smallest.replace("hidden-1", `"\${file:${at("key")}}"`)
        .replace("hidden-2", `"\${file:${at("token")}}\${file:${at("key")}}"`)
        .replace("logstore: demo-store", 'logstore: demo-store, index: "${env:SLS2HEC_TEST_A}"') +
        `ledger: {file: "${folder}/\${env:SLS2HEC_TEST_A}"}\ndead_letters: {folder: ${folder}/d}\n`;
      Deno.writeTextFileSync(at("c.yaml"), text);
      Deno.env.set("SLS2HEC_TEST_A", "a");
      const result: { granted?: unknown } = {};
      const counts = countReads(() => result.granted = read(at("c.yaml")));
      assert.ok(result.granted, "the configuration is valid");
      for (const name of ["c.yaml", "key", "token"]) {
        assert.equal(counts.get(`file ${at(name)}`), 1, name);
      }
      const variables = [...counts].filter(([what]) => what.startsWith("variable ")).filter((
        [what],
      ) => !/ LOG_(TOKENS|STREAM)$/.test(what)); // read by the YAML parser
      assert.ok(variables.some(([what]) => what === "variable SLS2HEC_TEST_A"));
      assert.deepEqual(variables.filter(([, count]) => count > 1), []);
    } finally {
      Deno.env.delete("SLS2HEC_TEST_A");
      await Deno.remove(folder, { recursive: true });
    }
  });
}
