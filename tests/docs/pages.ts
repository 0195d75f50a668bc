/** The Markdown pages of the project, for tests about them. */

const root = new URL("../../", import.meta.url);

/** One page, by its path from the project's folder. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Every page a reader can open: those of the root, and of `docs` and `tests`. */
export function pages(): Page[] {
  return [...filesUnder(root, ["docs/", "tests/"])]
    .map((url) => ({ path: url.href.slice(root.href.length), text: Deno.readTextFileSync(url) }))
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** One page of the project. */
export function page(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

function* filesUnder(folder: URL, within?: readonly string[]): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) {
      if (!within || within.includes(`${name}/`)) yield* filesUnder(url);
    } else if (name.endsWith(".md")) yield url;
  }
}

/** A fenced block: its language (empty for none) and its lines. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function blocks(text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)]
    .map(([, , language, text]) => ({ language: language!, text: text! }));
}

/** The page without fenced blocks and comments: what is left are headings, links and prose. */
export function prose(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/<!--[\s\S]*?-->/g, "");
}

/** Headings with their level and the anchor that GitHub gives them. */
export function headings(text: string): { level: number; title: string; anchor: string }[] {
  const seen = new Map<string, number>();
  return [...prose(text).matchAll(/^(#{1,6}) +(.+)$/gm)].map(([, marks, title]) => {
    const plain = title!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const base = plain.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
    const times = seen.get(base) ?? 0;
    seen.set(base, times + 1);
    return { level: marks!.length, title: plain, anchor: times === 0 ? base : `${base}-${times}` };
  });
}

/** Targets of the links and pictures of a page that lead into the project. */
export function localLinks(text: string): string[] {
  return [...prose(text).matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map(([, target]) => target!)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}
