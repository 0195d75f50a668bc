import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function bench(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--config=${ROOT}deno.json`, `${ROOT}main.ts`, "bench", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("bench measures the whole line and ends with figures that add up", async () => {
  const { code, stdout, stderr } = await bench("--seconds", "1", "--kind", "actiontrail", "--json");
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.kind, "actiontrail");
  assert.ok(result.raw_mb > 0 && result.cpu_seconds > 0, stdout);
  const rate = result.raw_mb / result.cpu_seconds;
  assert.ok(Math.abs(result.raw_mb_per_cpu_second / rate - 1) < 0.5, "rounded, but the same");
});

Deno.test("bench says in a sentence what a core can carry", async () => {
  const { code, stdout } = await bench("--seconds", "1", "--no-gzip");
  assert.equal(code, 0);
  assert.match(stdout, /One core of this machine can carry about [\d.]+ TB of such logs a day/);
  assert.match(stdout, /without gzip/);
});

Deno.test("bench refuses what it cannot measure", async () => {
  for (
    const [args, expected] of [
      [["--seconds", "100"], /Expected a whole number from 1 to 50/],
      [["--kind", "mail"], /Allowed choices are nginx, actiontrail, shapes, random/],
    ] as const
  ) {
    const { code, stderr } = await bench(...args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});
