import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../src/emulator/sls/main.ts", import.meta.url));

function command(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", "--allow-net=127.0.0.1", MAIN, ...args],
    stdout: "piped",
    stderr: "piped",
  });
}

Deno.test("main.ts serves with only the net permission, prints one line, and ends on SIGTERM", async () => {
  const process = command(
    "--project",
    "demo",
    "--logstore",
    "a",
    "--logstore",
    "b",
    "--shards",
    "3",
  )
    .spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) line += (await reader.read()).value ?? "\n";
  const { sls, ...rest } = JSON.parse(line);
  assert.deepEqual(rest, {
    project: "demo",
    logstores: ["a", "b"],
    shards: 3,
    access_key_id: "LTAI4TESTEXAMPLEKEYID",
    access_key_secret: "ExampleSecret0123456789abcdefGHIJ",
  });
  const response = await fetch(`${sls}/logstores`);
  assert.equal((await response.json()).errorCode, "MissingAPIVersion");
  process.kill("SIGTERM");
  assert.equal((await reader.read()).done, true);
  const { code } = await process.status;
  assert.equal(code, 0, await new Response(process.stderr).text());
});

for (
  const { args, expected } of [
    { args: ["--port", "many"], expected: /Cannot use --port many: expected a number from 0/ },
    { args: ["--shards", "0"], expected: /Cannot use --shards 0: expected a number from 1/ },
    { args: ["--nonsense"], expected: /--nonsense/ },
  ]
) {
  Deno.test(`main.ts ends with code 2 and its usage on ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await command(...args).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 2);
    assert.equal(stdout.length, 0);
    assert.match(text, expected);
    assert.match(text, /Usage: deno run/);
  });
}
