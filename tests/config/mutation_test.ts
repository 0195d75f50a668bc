import assert from "node:assert/strict";
import fc from "fast-check";
import { Secret } from "../../src/base/secret.ts";
import type { Config } from "../../src/config/config.ts";
import { exampleYaml } from "../../src/config/render.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { declaredOptions, typeAt } from "../../src/config/schema/walk.ts";
import { loadedPatterns, sourceOf, variables } from "./test_sources.ts";

const example = exampleYaml();
const lines = example.split("\n");
const active = lines.flatMap((line, at) => /^[ -]*[a-z_]+:/.test(line) ? [at] : []);

/** All that a configuration says, secrets and maps included, as text to compare. */
function everythingIn(config: Config): string {
  return JSON.stringify(config, function (key, value) {
    const raw = key === "" ? value : this[key]; // before toJSON hides it
    if (raw instanceof Secret) return raw.reveal();
    return raw instanceof Map ? [...raw] : value;
  });
}

function load(text: string) {
  return loadConfig(sourceOf({ text, env: variables, files: {} }));
}

/** What must hold of every configuration, said a second time and in another way. */
function assertSound({ sources, patterns, ...config }: Config): void {
  const { sls, hec } = [...sources, ...patterns][0]!;
  const whole = [
    sls.timeoutMs,
    hec.timeoutMs,
    hec.batch.maxBytes,
    hec.batch.maxEvents,
    hec.maxConcurrentRequests,
    hec.ackTimeoutMs,
    hec.maxEventBytes,
    hec.retire.afterMs,
    hec.retire.afterRequests,
    config.deadLetters.maxBytes,
    config.log.maxBytes,
    config.drainTimeoutMs,
    ...sources.map(({ consumer }) => consumer.heartbeatIntervalMs),
  ];
  for (const number of whole) assert.ok(Number.isSafeInteger(number) && number > 0, `${number}`);
  assert.ok(config.memoryBudgetBytes >= 32_000_000);
  assert.ok(hec.batch.maxBytes * 4 <= config.memoryBudgetBytes);
  assert.ok(hec.urls.every(({ base }) => /^https?:\/\/[^/@?#]+/.test(base)));
  for (const { consumer, address, project, logstore } of sources) {
    assert.ok(consumer.heartbeatIntervalMs * 3 <= (consumer.groupTimeoutMs ?? 60_000));
    assert.ok(consumer.fetchCount >= 1 && consumer.fetchCount <= 1_000);
    assert.ok(project && logstore && consumer.group);
    assert.ok(URL.canParse(address.origin));
  }
}

Deno.test("loadConfig() survives any change of characters in the example", () => {
  const piece = fc.oneof(
    fc.constantFrom(..."{}[]:,-&*!|>'\"%@`#?~$\t\n\r\0 \\", "${", "${env:X}", "<<: *a\n", "---\n"),
    fc.string({ unit: "binary", maxLength: 5 }),
    fc.constantFrom("0s", "-1", "999999999999d", "true", "null", "[]", "{}"),
  );
  const edit = fc.tuple(fc.nat(example.length), fc.nat(30), piece);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const text = edits.reduce((before, [at, cut, put]) => {
        return before.slice(0, at) + put + before.slice(at + cut);
      }, example);
      const result = load(text);
      if (result.ok) return assertSound(result.config);
      assert.ok(result.problems.length > 0);
      assert.ok(formatProblems(result.problems).includes("expected"));
    }),
    { numRuns: 300 },
  );
});

Deno.test("loadConfig() survives any lines left out, doubled or swapped in the example", () => {
  const change = fc.tuple(fc.constantFrom("cut", "double", "swap"), fc.nat(lines.length - 2));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      const changed = [...lines];
      for (const [how, at] of changes) {
        const [one = "", two = ""] = changed.slice(at, at + 2);
        changed.splice(
          at,
          2,
          ...(how === "cut" ? [two] : how === "double" ? [one, one] : [two, one]),
        );
      }
      const result = load(changed.join("\n"));
      if (result.ok) assertSound(result.config);
    }),
    { numRuns: 150 },
  );
});

Deno.test("loadConfig() reports every key that is not declared", () => {
  const key = fc.stringMatching(/^[a-z_]{1,20}$|^(toString|constructor|__proto__|hasOwnProperty)$/);
  fc.assert(
    fc.property(fc.constantFrom(...active), key, (at, unknown) => {
      const declared = declaredOptions().flatMap(({ keys }) => keys);
      fc.pre(!declared.includes(unknown) && unknown !== "null");
      const changed = [...lines];
      changed[at] = (lines[at] ?? "").replace(/[a-z_]+(?=:)/, unknown);
      const result = load(changed.join("\n"));
      assert.ok(!result.ok, changed[at]);
      const report = formatProblems(result.problems);
      assert.match(
        report,
        new RegExp(`:${at + 1}:\\d+: (\\S*\\.)?${unknown}: found an unknown key;`),
      );
    }),
    { numRuns: 150 },
  );
});

Deno.test("loadConfig() takes a value only if its type does, and then it counts", () => {
  const before = everythingIn(loadedPatterns({ text: example, env: variables }));
  const options = declaredOptions().filter((option) => {
    const { inList, ofOptionalGroup, kind, default: fallback } = option;
    if (ofOptionalGroup !== undefined) return false; // which the example does not set
    return !inList && fallback !== undefined && kind !== "fields by topic";
  });
  const value = fc.oneof(
    fc.constantFrom(
      "auto",
      "on",
      "off",
      "v1",
      "v4",
      "text",
      "json",
      "park",
      "debug",
      "true",
      "end",
    ),
    fc.tuple(fc.integer({ min: -5, max: 2_000 }), fc.constantFrom("", "ms", "s", "MB", "KB", "x"))
      .map(([count, unit]) => `${count}${unit}`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...options), value, ({ keys, default: fallback }, text) => {
      const quoted = JSON.stringify(text).replaceAll("${", "$$${");
      const changed = setOption(keys, quoted);
      const result = load(changed);
      const read = typeAt(keys)?.safeParse(text);
      if (!read?.success) assert.ok(!result.ok, `${keys.join(".")}: ${quoted}`);
      if (!result.ok || !read) return;
      const same = JSON.stringify(read.data) === JSON.stringify(typeAt(keys)?.parse(fallback));
      // A named region is what `v4` needs; without one in the example both say v1.
      if (keys.at(-1) === "signature") return;
      assert.equal(everythingIn(result.config) === before, same, `${keys.join(".")}: ${quoted}`);
    }),
    { numRuns: 600 },
  );
});

/** The example with another value for one option. */
function setOption(keys: readonly string[], value: string): string {
  let depth = 0;
  const changed = lines.map((line) => {
    const wanted = `${"  ".repeat(depth)}${keys[depth]}:`;
    if (depth >= keys.length || !line.startsWith(wanted)) return line;
    depth++;
    return depth === keys.length ? `${wanted} ${value}` : line;
  });
  assert.equal(depth, keys.length, keys.join("."));
  return changed.join("\n");
}
