import { foreignText } from "./foreign_text.ts";

/** The part of a page that is examined: the title is near its start. */
const LOOKED_AT_BYTES = 64 * 1024;
/** Longest text of a page without a title or heading. */
const WORDS_MAX_CHARS = 120;

/** The title first, then headings. */
const NAMED = [
  /<title\b[^<>]*>([\s\S]*?)(?:<\/title\b|$)/gi,
  /<h1\b[^<>]*>([\s\S]*?)(?:<\/h1\b|$)/gi,
  /<h2\b[^<>]*>([\s\S]*?)(?:<\/h2\b|$)/gi,
  /<h3\b[^<>]*>([\s\S]*?)(?:<\/h3\b|$)/gi,
];
/** Parts that a browser does not show. */
const UNSEEN = /<!--[\s\S]*?(?:-->|$)|<(script|style|svg)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;

/**
 * What a gateway's page says: its title, its first heading or its first words; empty without any. Made safe by
 * `foreignText`.
 */
export function pageTitle(body: Uint8Array): string {
  const page = new TextDecoder().decode(body.subarray(0, LOOKED_AT_BYTES));
  const seen = page.replaceAll(UNSEEN, " ");
  for (const pattern of NAMED) {
    for (const [, inside = ""] of seen.matchAll(pattern)) {
      const text = textIn(inside);
      if (text !== "") return foreignText(text);
    }
  }
  return foreignText(textIn(seen), WORDS_MAX_CHARS);
}

/** Whether a body is a page: HTML or XML. */
export function isPage(body: Uint8Array): boolean {
  const start = new TextDecoder().decode(body.subarray(0, 1024));
  return /^[\s\ufeff]*<(!doctype|!--|\?xml|[a-z])/i.test(start);
}

function textIn(markup: string): string {
  return withEntities(markup.replaceAll(/<[^<>]*(?:>|$)/g, " ")).replaceAll(/\s+/g, " ").trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  laquo: "«",
  raquo: "»",
  copy: "©",
  reg: "®",
};

function withEntities(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi,
    (entity, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? entity;
      const codePoint = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : " ";
    },
  );
}
