import assert from "node:assert/strict";

const main = new URL("../../main.ts", import.meta.url).href;

const cases: [sentence: string, args: string[]][] = [
  ["a folder of dead letters", ["dead-letters", "list", "--folder", "/etc"]],
  ["a ledger", ["ledger", "verify", "/etc/hostname"]],
];
for (const [sentence, args] of cases) {
  Deno.test(`a command that may not read ${sentence} says so, and what to do`, async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-env", main, ...args],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 1, text);
    assert.match(
      text,
      /^error: .*Requires read access to "[^"]+"\nhint: .*[Gg]rant it the permission/m,
    );
    assert.doesNotMatch(text, /--allow-read|deno compile/);
  });
}
