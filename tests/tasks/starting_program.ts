/** Runs another module as `deno task start` runs the program: FILE [ARGUMENT…]; then prints what this process may do. */
import { runChild } from "../../src/tasks/start_child.ts";

const [file = "", ...args] = Deno.args;
setTimeout(() => {
  const kept = (["run", "read", "env", "net", "write", "sys", "ffi"] as const)
    .filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  console.log(`kept: ${kept.join()}`);
}, 500);
Deno.exit(
  await runChild(["--no-prompt", "--no-config", `--allow-read=${file}`], [file, ...args], [
    "DENO_KEPT",
  ]),
);
