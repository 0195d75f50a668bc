import assert from "node:assert/strict";
import fc from "fast-check";
import { globContains, globMatches, hasWildcards, type Wildcards } from "../../src/base/glob.ts";

const matches: [pattern: string, text: string, wildcards: Wildcards, matches: boolean][] = [
  ["audit", "audit", "*?", true],
  ["audit", "Audit", "*?", false],
  ["audit", "audit-1", "*?", false],
  ["audit-*", "audit-", "*?", true],
  ["audit-*", "audit-a-b", "*?", true],
  ["audit-*", "my-audit-a", "*?", false],
  ["*-metrics*", "a-metrics", "*?", true],
  ["*-metrics*", "metrics", "*?", false],
  ["a?c", "abc", "*?", true],
  ["a?c", "ac", "*?", false],
  ["a?c", "a😀c", "*?", true],
  ["a?c", "abc", "*", false],
  ["a?c", "a?c", "*", true],
  ["*", "", "*", true],
  ["**", "", "*", true],
  ["", "", "*", true],
  ["", "a", "*", false],
  ["a*b*c", "a-b-b-c", "*", true],
  ["a*b*c", "a-c-b", "*", false],
  ["a.c", "abc", "*?", false],
  ["[a]", "a", "*?", false],
];
for (const [pattern, text, wildcards, result] of matches) {
  const verb = result ? "matches" : "does not match";
  Deno.test(`"${pattern}" with the wildcards ${wildcards} ${verb} "${text}"`, () => {
    assert.equal(globMatches(pattern, text, wildcards), result);
  });
}

Deno.test("globMatches() says the same as a regular expression", () => {
  const letters = (unit: fc.Arbitrary<string>) => fc.string({ unit, maxLength: 8 });
  const pattern = letters(fc.constantFrom("a", "b", "*", "?"));
  fc.assert(fc.property(pattern, letters(fc.constantFrom("a", "b")), (pattern, text) => {
    const expression = pattern.replaceAll("*", ".*").replaceAll("?", ".");
    assert.equal(globMatches(pattern, text, "*?"), new RegExp(`^${expression}$`).test(text));
  }));
});

Deno.test("globMatches() is done soon with a pattern of many stars", () => {
  const begun = performance.now();
  assert.equal(globMatches("*a".repeat(500) + "b", "a".repeat(1_024), "*"), false);
  assert.ok(performance.now() - begun < 5_000);
});

const contained: [pattern: string, other: string, contains: boolean][] = [
  ["*", "anything", true],
  ["*", "", true],
  ["*", "a*", true],
  ["a*", "a", true],
  ["a*", "ab*", true],
  ["a*", "*a", false],
  ["a*c", "abc", true],
  ["a*c", "ab*c", true],
  ["a*c", "a*", false],
  ["a", "*", false],
  ["", "*", false],
  ["*a*", "*ba*", true],
];
for (const [pattern, other, contains] of contained) {
  Deno.test(`"${pattern}" matches ${contains ? "" : "not "}all that "${other}" does`, () => {
    assert.equal(globContains(pattern, other), contains);
  });
}

Deno.test("globContains() is never wrong about a text", () => {
  const letters = (unit: fc.Arbitrary<string>) => fc.string({ unit, maxLength: 6 });
  const pattern = letters(fc.constantFrom("a", "b", "*"));
  fc.assert(
    fc.property(pattern, pattern, letters(fc.constantFrom("a", "b")), (one, other, text) => {
      if (globContains(one, other) && globMatches(other, text, "*")) {
        assert.ok(globMatches(one, text, "*"));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("hasWildcards() looks for the wildcards that count", () => {
  assert.deepEqual(
    [
      hasWildcards("a?", "*"),
      hasWildcards("a?", "*?"),
      hasWildcards("a*", "*"),
      hasWildcards("a", "*?"),
    ],
    [false, true, true, false],
  );
});
