import assert from "node:assert/strict";
import { V8_FLAGS } from "../../src/cli/program.ts";

Deno.test("the tasks that start the program have the flags that they start it with", async () => {
  const url = new URL("../../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(url));
  const starting = Object.values<{ command: string }>(tasks)
    .map(({ command }) => command)
    .filter((command) => command.includes("start_task.ts"));
  assert.equal(starting.length, 3);
  for (const command of starting) assert.ok(command.includes(` ${V8_FLAGS} `), command);
});
