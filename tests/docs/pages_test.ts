import assert from "node:assert/strict";
import { blocks, headings, localLinks, page, pages, prose } from "./pages.ts";

const root = new URL("../../", import.meta.url);
const all = pages();
const lineCount = (text: string) => text.split("\n").length - 1;

Deno.test("pages() finds the pages of every folder", () => {
  const paths = all.map(({ path }) => path);
  for (const path of ["README.md", "CONTRIBUTING.md", "docs/design.md", "docs/ja/README.md"]) {
    assert.ok(paths.includes(path), path);
  }
});

Deno.test("headings() gives the anchors of GitHub", () => {
  const text =
    "# A page\n## A `b`: c-d, e_f\n## What's *new*?\n## What's new\n```\n# no\n```\n## 設定\n";
  assert.deepEqual(headings(text).map(({ anchor }) => anchor), [
    "a-page",
    "a-b-c-d-e_f",
    "whats-new",
    "whats-new-1",
    "設定",
  ]);
});

Deno.test("README.md has at most 170 lines", () => {
  const lines = lineCount(page("README.md"));
  assert.ok(lines <= 170, `${lines} lines`);
});

Deno.test("README.md leads to every page, by one link after another", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) { // which grows while it is walked
    const linked = localLinks(page(path)).map((target) => new URL(target, new URL(path, root)));
    for (const { href } of linked) {
      const to = href.replace(/#.*/, "").slice(root.href.length);
      if (to.endsWith(".md")) reached.add(to);
    }
  }
  assert.deepEqual(all.map(({ path }) => path).filter((path) => !reached.has(path)), []);
});

for (const { path, text } of all) {
  Deno.test(`${path} links to files and headings that exist`, () => {
    const broken = localLinks(text).filter((target) => {
      const url = new URL(target, new URL(path, root));
      const anchor = decodeURIComponent(url.hash.slice(1));
      url.hash = "";
      try {
        if (Deno.statSync(url).isDirectory) return anchor !== "";
      } catch {
        return true;
      }
      if (anchor === "") return false;
      return !headings(Deno.readTextFileSync(url)).some((heading) => heading.anchor === anchor);
    });
    assert.deepEqual(broken, []);
  });

  Deno.test(`${path} has one title, and closes its blocks`, () => {
    assert.equal(headings(text).filter(({ level }) => level === 1).length, 1);
    assert.doesNotMatch(prose(text), /```/);
  });
}

// A README is a first screen, and ends with a table of pages.
for (const { path, text } of all.filter(({ path }) => /^docs\/(?!.*README)/.test(path))) {
  // More than two screens. A table of one section would be of no use.
  const sections = headings(text).filter(({ level }) => level === 2);
  if (lineCount(text) <= 80 || sections.length < 2) continue;
  Deno.test(`${path} begins with a table of its sections`, () => {
    const before = text.slice(0, text.indexOf("\n## "));
    const entries = [...before.matchAll(/^- \[(.+)\]\(#(.+)\)$/gm)]
      .map(([, title, anchor]) => ({ title, anchor: decodeURIComponent(anchor!) }));
    assert.deepEqual(
      entries,
      sections.map(({ title, anchor }) => ({ title: title.replaceAll("`", ""), anchor })),
    );
  });
}

for (const language of ["ja", "zh"]) {
  for (
    const [path, english] of [
      [`docs/${language}/README.md`, "README.md"],
      [`docs/${language}/set-up.md`, "docs/set-up.md"],
    ] as const
  ) {
    Deno.test(`${path} has the blocks of ${english}`, () => {
      const expected = blocks(page(english));
      assert.ok(expected.length > 3);
      assert.deepEqual(blocks(page(path)), expected);
    });

    Deno.test(`${path} has the sections of ${english}`, () => {
      const levels = (text: string) => headings(text).map(({ level }) => level);
      assert.deepEqual(levels(page(path)), levels(page(english)));
    });
  }
}
