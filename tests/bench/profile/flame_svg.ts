import type { Frame, Part } from "./profile.ts";

const WIDTH = 1200;
const ROW = 17;
const CHAR = 6.3;
/** Narrower frames cannot be seen, and would only make the file large. */
const MIN_WIDTH = 1;

const COLOURS: Readonly<Record<Part, string>> = {
  "core (Wasm)": "#e0704f",
  "this program": "#e8b04a",
  "node:http and streams": "#6fa8dc",
  "fetch and streams of the web": "#7fc4b8",
  "garbage collection": "#b58bc9",
  "native calls (sockets, copies)": "#d77a9c",
  "runtime and other": "#b8b8b8",
};

/** A flame graph: a bar for each call, as wide as its share of the time, over its caller. */
export function flameSvg(root: Frame): string {
  const bars: string[] = [];
  let rows = 0;
  const draw = ({ name, part, totalUs, children }: Frame, x: number, row: number) => {
    const width = totalUs / root.totalUs * WIDTH;
    if (width < MIN_WIDTH) return;
    rows = Math.max(rows, row + 1);
    bars.push(bar(name, part, x, row, width, totalUs / root.totalUs));
    let at = x;
    for (const child of children) {
      draw(child, at, row + 1);
      at += child.totalUs / root.totalUs * WIDTH;
    }
  };
  draw(root, 0, 0);
  const legend = Object.entries(COLOURS).map(([part, colour], i) =>
    `<rect x="${i * 172}" y="3" width="12" height="12" fill="${colour}"/>` +
    `<text x="${i * 172 + 15}" y="13">${part}</text>`
  );
  const height = (rows + 1) * ROW + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="monospace" font-size="10.5">`,
    ...legend,
    ...bars,
    "</svg>\n",
  ].join("\n");
}

function bar(name: string, part: Part, x: number, row: number, width: number, share: number) {
  const y = (row + 1) * ROW + 4;
  const letters = Math.floor((width - 4) / CHAR);
  const label = letters < 3 ? "" : name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  return `<g><title>${escape(name)} ${(share * 100).toFixed(1)} %</title>` +
    `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" ` +
    `fill="${COLOURS[part]}"/>` +
    (label && `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escape(label)}</text>`) + "</g>";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
