import assert from "node:assert/strict";

for (const task of ["start", "compile", "demo", "checkpoint", "backfill"]) {
  Deno.test(`deno task ${task} --help prints how it is called, and does nothing`, async () => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["task", task, "--help"],
      // None of the variables that say whether there are colours: with one, others are not looked at.
      env: { ...without(/COLOR/) },
      clearEnv: true,
    });
    const { code, stdout } = await command.output();
    assert.match(new TextDecoder().decode(stdout), /^Usage: /);
    assert.equal(code, 0);
  });
}

/** The variables of this process whose names do not match. */
function without(names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !names.test(name)),
  );
}

for (
  const { args, code: expected } of [
    { args: ["--help"], code: 0 },
    { args: ["--version"], code: 0 },
    { args: ["no-such-command"], code: 2 },
    ...["run", "demo", "bench", "backfill", "checkpoint", "dead-letters", "ledger", "example"]
      .map((command) => ({ args: [command, "--help"], code: 0 })),
    { args: ["run", "--no-such-option"], code: 2 },
  ]
) {
  Deno.test(`sls2hec ${args.join(" ")} needs no permission`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--frozen", "--no-prompt", "main.ts", ...args],
      env: { ...without(/COLOR/) },
      clearEnv: true,
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.doesNotMatch(text, /Requires \w+ access/);
    assert.equal(code, expected, text);
  });
}
