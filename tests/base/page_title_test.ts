import assert from "node:assert/strict";
import { isPage, pageTitle } from "../../src/base/page_title.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const pages: [what: string, page: string, title: string][] = [
  ["a title", "<html><head><title>502 Bad Gateway</title></head>", "502 Bad Gateway"],
  ["one in capitals, with attributes", '<TITLE lang="en">Blocked</TITLE>', "Blocked"],
  ["one over lines", "<title>\n  Access\n  Denied\r\n</title>", "Access Denied"],
  [
    "one with entities",
    "<title>A&amp;B &lt;x&gt; &#039;q&#x27; &nbsp;&hellip;</title>",
    "A&B <x> 'q' …",
  ],
  ["one that is not closed", "<html><title>Sign in", "Sign in"],
  ["an empty title, then a heading", "<title> </title><h1>Not allowed</h1>", "Not allowed"],
  ["a heading with tags in it", "<h1 class=x>Web <b>Filter</b></h1>", "Web Filter"],
  ["a second heading alone", "<body><h2>Maintenance</h2>", "Maintenance"],
  [
    "words alone",
    "<html><body><p>Your request was blocked.</p></body>",
    "Your request was blocked.",
  ],
  [
    "invisible characters before the words",
    "<!-- <title>no</title> --><style>a{}</style><script>var a='<title>x</title>'</script><p>Seen",
    "Seen",
  ],
  ["no words", "<html><body></body></html>", ""],
  ["what is not printable", "<title>a\u001b[31mb\u202ec</title>", "a\\x1b[31mb\\u202ec"],
  ["a plain text", "no such host", "no such host"],
];

for (const [what, page, title] of pages) {
  Deno.test(`pageTitle() of a page with ${what}`, () => {
    assert.equal(pageTitle(bytes(page)), title);
  });
}

Deno.test("pageTitle() cuts what is long, and ends soon on any page", () => {
  assert.equal(pageTitle(bytes(`<title>${"x".repeat(500)}</title>`)), `${"x".repeat(200)}…`);
  for (const part of ["<title>", "<", "<!--", "<script>", "&amp;", "<h1 "]) {
    const startMs = performance.now();
    pageTitle(bytes(part.repeat(64 * 1024 / part.length)));
    assert.ok(performance.now() - startMs < 2000, part);
  }
});

Deno.test("isPage() knows a page by its tags", () => {
  const yes = ["<html>", "\ufeff <!DOCTYPE html>", "<?xml version='1.0'?>", "<p>"];
  const no = ["", "{}", "< 5", "plain <b>"];
  assert.deepEqual(yes.map((text) => isPage(bytes(text))), yes.map(() => true));
  assert.deepEqual(no.map((text) => isPage(bytes(text))), no.map(() => false));
});
