import assert from "node:assert/strict";
import { buildCore } from "../../src/tasks/build_core.ts";

const committed = Deno.readFileSync(new URL("../../src/core/core.wasm", import.meta.url));

Deno.test("core.wasm is what `deno task core` builds of its sources", async () => {
  assert.ok(
    (await buildCore()).toHex() === committed.toHex(),
    "src/core/core.wasm is not up to date: run `deno task core`",
  );
});

Deno.test("core.wasm imports nothing", () => {
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(committed)), []);
});
