import assert from "node:assert/strict";
import { PROJECT_ROOT } from "../../src/cli/program.ts";
import { runtimeConfig } from "../../src/tasks/runtime_config.ts";

Deno.test("runtimeConfig() names what the program imports, and nothing for tests and building", async () => {
  const config = JSON.parse(await runtimeConfig(PROJECT_ROOT, [`${PROJECT_ROOT}main.ts`]));
  const names = Object.keys(config.imports);
  for (const name of ["commander", "yaml", "zod", "zstddec"]) assert.ok(names.includes(name), name);
  for (const name of ["fast-check", "@alicloud/log", "assemblyscript", "fflate"]) {
    assert.equal(names.includes(name), false, name);
  }
});
