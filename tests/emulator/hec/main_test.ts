import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../src/emulator/hec/main.ts", import.meta.url));
const TOKEN = "77777777-2222-4333-8444-555555555555";

function run(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--allow-net=127.0.0.1", MAIN, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("The HEC emulator runs alone, prints its URL and its events, and ends on SIGTERM", async () => {
  await using child = run("--token", TOKEN, "--ack", "--ack-delay", "0", "--print");
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let output = "";
  for await (const text of lines.values({ preventCancel: true })) {
    output += text;
    if (output.includes("\n")) break;
  }
  const { url, token } = JSON.parse(output) as { url: string; token: string };
  assert.equal(token, TOKEN);
  const response = await fetch(`${url}/services/collector`, {
    method: "POST",
    headers: {
      "Authorization": `Splunk ${token}`,
      "X-Splunk-Request-Channel": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    },
    body: '{"event":\n"printed"}',
  });
  assert.equal(await response.text(), '{"text":"Success","code":0,"ackId":0}');
  child.kill("SIGTERM");
  let printed = "";
  for await (const text of lines) printed += text;
  assert.equal(printed, '{"event": "printed"}\n');
  assert.equal(await new Response(child.stderr).text(), "");
  assert.equal((await child.status).code, 0);
});

for (
  const { args, code, stdout, stderr } of [
    { args: ["--help"], code: 0, stdout: /Usage:/, stderr: /^$/ },
    { args: ["--prot", "1"], code: 2, stdout: /^$/, stderr: /--prot[^]*Usage:/ },
    {
      args: ["--port", "x"],
      code: 2,
      stdout: /^$/,
      stderr: /^Cannot use --port x: expected a whole number\n/,
    },
  ]
) {
  Deno.test(`The HEC emulator ends with ${code} for ${args.join(" ")}`, async () => {
    const output = await run(...args).output();
    assert.match(new TextDecoder().decode(output.stdout), stdout);
    assert.match(new TextDecoder().decode(output.stderr), stderr);
    assert.equal(output.code, code);
  });
}
