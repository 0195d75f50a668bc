import assert from "node:assert/strict";
import { rateLimitsOf } from "../../src/app/rate_limits.ts";
import { loaded } from "../config/test_sources.ts";

const SLS = `sls: { endpoint: sls.test, credentials: { access_key_id: i, access_key_secret: s } }
consumer: { group: g }
`;

const rows: [sentence: string, text: string, limits: string[][]][] = [
  [
    "none without a rate",
    "hec: { url: 'https://a', token: t }\nsources: [{ project: p, logstore: l }]",
    [[]],
  ],
  [
    "its own",
    "hec: { url: 'https://a', token: t }\nsources: [{ project: p, logstore: l, rate: 2MB }]",
    [["sources[].rate 2000000"]],
  ],
  [
    "its own and that of the collectors",
    "hec: { url: 'https://a', token: t, rate: 3MB }\n" +
    "sources: [{ project: p, logstore: l, rate: 2MB }, { project: p, logstore: m }]",
    [["sources[].rate 2000000", "hec.rate 3000000"], ["hec.rate 3000000"]],
  ],
];
for (const [sentence, text, limits] of rows) {
  Deno.test(`A source has the limits: ${sentence}`, () => {
    const { sources } = loaded({ text: SLS + text });
    const names = sources.map((source) =>
      rateLimitsOf(source).map(({ name, bytesPerSec }) => `${name} ${bytesPerSec}`)
    );
    assert.deepEqual(names, limits);
  });
}

Deno.test("Sources of the same collectors share the limit of these, also with tokens of their own", () => {
  const { sources } = loaded({
    text: `${SLS}
hec: { url: 'https://a', token: t, rate: 3MB }
sources:
  - { project: p, logstore: a, rate: 1MB }
  - { project: p, logstore: b, rate: 1MB, hec: { token: u } }
  - { project: p, logstore: c, hec: { url: 'https://b', token: v, rate: 5MB } }
`,
  });
  const [a, b, c] = sources.map((source) => rateLimitsOf(source).map(({ key }) => key));
  assert.equal(a![1], b![1]);
  assert.notEqual(a![0], b![0]);
  assert.notEqual(a![1], c![0]);
});
