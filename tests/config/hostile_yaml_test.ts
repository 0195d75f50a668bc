import assert from "node:assert/strict";
import { reportOf, smallest, variables } from "./test_sources.ts";

const many = (text: string, count: number) => text.repeat(count);
const bomb = Array.from({ length: 12 }, (_, level) => {
  const item = level === 0 ? "x" : `*a${level - 1}`;
  return `k${level}: &a${level} [${Array(10).fill(item).join(", ")}]`;
}).join("\n");

const LARGE = /^f:1:1: found a larger document; expected at most 100000 YAML tokens$/;
const LONG = /^f:1:1: found a longer file; expected at most 1000000 characters$/;
const DEEP = /found lists or mappings nested too deeply/;
const ALIASES = /^f:1:1: found too many values, perhaps through aliases; .* 50000 values/;

/** Each names the first line of the report, with `f` for the file's name. */
const hostile: [sentence: string, text: string, first: RegExp][] = [
  ["an endless list", many("[", 900_000), LARGE],
  ["endless block lists", many("- ", 450_000), LARGE],
  ["endless closing brackets", many("]", 900_000), LARGE],
  ["endless commas", `[${many(",", 900_000)}`, LARGE],
  ["endless keys", many("a:\n", 300_000), LARGE],
  ["endless anchors", many("&a ", 300_000), LARGE],
  ["endless directives", many("%A\n", 300_000), LARGE],
  ["endless documents", many("---\n", 240_000), LARGE],
  ["endless comments", many("#a\n", 300_000), LARGE],
  ["endless text", "a".repeat(1_000_001), LONG],
  ["deep lists", many("[", 5_000) + many("]", 5_000), DEEP],
  ["deep mappings", many("{a: ", 5_000), /^f:1:\d+: found/],
  ["lists too deep for any option", `log: ${many("[", 30)}${many("]", 30)}`, ALIASES],
  ["aliases that multiply", bomb, ALIASES],
  ["an alias of itself", "log: &a [*a, *a]", ALIASES],
  ["an alias of nothing", "log: {file: *hidden}", /^f:1:13: log\.file: found an alias that is not/],
  ["a tag", "log: {file: !hidden x}", /^f:1:13: found a tag, or text that begins with '!'/],
  ["a tag of YAML's own", "log: {backups: !!int 5}", /^f:1:16: found a tag/],
  [
    "a tab as indentation",
    "log:\n\tfile: x",
    /^f:2:1: found a tab in the indentation; expected spaces/,
  ],
  [
    "two documents",
    "log: {}\n---\nlog: {}",
    /^f:2:1: found a second document; expected one document/,
  ],
  [
    "a list at the top",
    "- log",
    /^f:1:1: found a list or plain text; expected a mapping of options/,
  ],
  ["text at the top", "hidden", /^f:1:1: found a list or plain text/],
  ["an open quote", `log: {file: "hidden`, /^f:1:13: found an unclosed quote/],
  [
    "an open quote that a later one closes",
    `log:\n  file: "hidden\n  level: "info"\nhec: {}`,
    /^f:2:9: found an unclosed quote/,
  ],
  [
    "an open quote that one on the same line closes",
    `log: {file: 'hidden, level: 'info'}`,
    /^f:1:13: found an unclosed quote/,
  ],
  [
    "an open quote behind quotes of all kinds",
    `# it's\na: 'x ''y'\nb: "z \\" \n  z"\nc: |\n  "block\nd: e"f\ng: "hidden\n`,
    /^f:8:4: found an unclosed quote/,
  ],
  ["an open bracket", "log: [hidden", /^f:1:13: found wrong indentation, or an unclosed/],
  ["a reserved character", "log: {file: @hidden}", /^f:1:13: found text that begins with a char/],
  ["a wrong escape", `log: {file: "\\q"}`, /^f:1:14: found an unknown escape in double quotes/],
  ["two colons", "log: file: hidden", /^f:1:6: found a second key in one line/],
  ["a key that is a list", "? [log]\n: hidden", /^f:1:1: found a key that is not plain text/],
  ["an empty key", ": hidden", /^f:1:1: \[""\]: found an unknown key/],
  ["a merge key", "<<: {log: {}}", /^f:1:1: \["<<"\]: found an unknown key/],
  ["__proto__", "__proto__: {polluted: hidden}", /^f:1:1: __proto__: found an unknown key/],
  [
    "__proto__ deeper down",
    "log: {__proto__: {level: info}}",
    /^f:1:7: log\.__proto__: found an unk/,
  ],
  ["constructor", "constructor: hidden", /^f:1:1: constructor: found an unknown key/],
  ["toString in a group", "log: {toString: hidden}", /^f:1:7: log\.toString: found an unknown key/],
  ["the same key twice", "log: {}\nlog: {}", /^f:2:1: log: found the same key a second time/],
  ["a quoted key twice", "log: {}\n'log': {}", /^f:2:1: log: found the same key a second time/],
  ["NUL bytes", 'log: {file: "a\0b"}', /^f:1:13: log\.file: found "a\\u0000b"; expected the path/],
  ["half a surrogate pair", `log: {file: "\\ud800"}`, /^f:1:13: log\.file: found /],
  ["a URL that keeps a pattern busy", `hec: {url: "http://a${many("/", 900_000)}x"}`, /hec\.url/],
  ["a key of endless length", `${many("a", 900_000)}: x`, /^f:1:1: found a key of more than 1024/],
];
const BARE =
  "found a reference without quotes between brackets, where YAML reads its { as a mapping; " +
  'expected quotes around it, such as "${env:NAME}" or "${topic}"';
const whole: [sentence: string, text: string, report: string[]][] = [
  ["a reference in a flow mapping", "hec: { token: ${env:HIDDEN}, url: x }\nlog: {}\n", [
    `1:15: ${BARE}`,
  ]],
  ["a reference behind text in a list", "hec:\n  urls: [a${file:hidden}/b]", [`2:11: ${BARE}`]],
  [
    "two references, of which one is nested",
    "sls: { a: ${env:HIDDEN}, b: '${env:FINE}' }\nhec: { token: ${file:${env:HIDDEN}/x} }",
    [`1:11: ${BARE}`, `2:15: ${BARE}`, `2:22: ${BARE}`],
  ],
  [
    "a tab and a reference",
    "log:\n\tfile: x\nhec: { token: ${env:HIDDEN} }",
    ["2:1: found a tab in the indentation; expected spaces", `3:15: ${BARE}`],
  ],
  ["a tab before a mapping", "log:\n  level: info\n\tfile: x\n", [
    "3:1: found a tab in the indentation; expected spaces",
  ]],
  ["tabs on two lines", "log:\n\tfile: x\nhec:\n\turl: x\n", [
    "2:1: found a tab in the indentation; expected spaces",
    "4:1: found a tab in the indentation; expected spaces",
  ]],
  ["a bracket too many", "hec: { url: x } }\nsources: [ { a: b } ]\nlog: {}\n", [
    "1:17: found unexpected text; expected a closing bracket or quotes before it",
  ]],
];
for (const [sentence, text, report] of whole) {
  Deno.test(`loadConfig() reports ${sentence} by its cause only`, () => {
    const lines = reportOf({ text, env: variables }).map((line) =>
      line.replace("sls2hec.yaml:", "")
    );
    assert.deepEqual(lines, report);
  });
}

for (const [sentence, text, first] of hostile) {
  Deno.test(`loadConfig() refuses ${sentence} cleanly and quickly`, () => {
    const before = performance.now();
    const lines = reportOf({ text, env: variables }).map((line) =>
      line.replace("sls2hec.yaml", "f")
    );
    const tookMs = performance.now() - before;
    assert.match(lines[0] ?? "", first);
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
    assert.ok(!lines.join().includes("hidden"), "the report quotes the file");
    assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
  });
}

Deno.test("loadConfig() takes a byte order mark and Windows line ends", () => {
  const text = `\uFEFF${smallest.trim()}\nlgo: {}`.replaceAll("\n", "\r\n");
  assert.match(reportOf({ text }).join(), /^sls2hec.yaml:7:1: lgo: found an unknown key/);
});

Deno.test("loadConfig() does not guess types as YAML does", () => {
  const text = smallest.replace("logstore: demo-store", "logstore: 0123, index: on, host: 1e3");
  assert.ok(!reportOf({ text: `${text}\nlgo: {}` }).join().includes("sources"));
});
