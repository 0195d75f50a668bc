import assert from "node:assert/strict";

for (const task of ["start", "compile", "demo"]) {
  Deno.test(`deno task ${task} --help prints how it is called, and does nothing`, async () => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["task", task, "--help"],
      env: { NO_COLOR: "1" },
    });
    const { code, stdout } = await command.output();
    assert.match(new TextDecoder().decode(stdout), /^Usage: /);
    assert.equal(code, 0);
  });
}
