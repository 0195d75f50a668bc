import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { variables } from "../config/test_sources.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const times = ["--from", "2026-10-06T08:00:00Z", "--to", "2026-10-06T09:00:00Z"];
const task = (...args: string[]) => ["task", `--config=${ROOT}deno.json`, ...args];

const commands: [sentence: string, args: string[]][] = [
  ["start -c", task("start", "-c", "a,b.yaml")],
  ["checkpoint show -c", task("checkpoint", "show", "-c", "a,b.yaml")],
  ["backfill -c", task("backfill", ...times, "-c", "a,b.yaml")],
  ["backfill --state", task("backfill", ...times, "--state", "a,b/state.json")],
  ["compile -c", task("compile", "-c", "a,b.yaml")],
  ["compile --out", task("compile", "--out", "a,b")],
  ["run -c", ["run", "-A", `${ROOT}main.ts`, "run", "-c", "a,b.yaml"]],
  ["run --state", ["run", "-A", `${ROOT}main.ts`, "backfill", ...times, "--state", "a,b"]],
];
for (const [sentence, args] of commands) {
  Deno.test(`${sentence} with a comma in the path says so and ends with 2`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/a,b.yaml`, "sls: {endpoint: cn-hangzhou}\n");
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: folder,
        env: { ...variables, INIT_CWD: folder, NO_COLOR: "1" },
      }).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 2, text);
      assert.match(text, /a,b[^]*path has a comma/);
      assert.doesNotMatch(text, /^\s+at /m, "no stack trace");
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a,b.yaml"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
