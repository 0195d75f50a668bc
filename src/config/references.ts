/** Plain text, or the place of a file's text. */
export type TextPart = string | { readonly file: string };

/** Plain text, or a reference in it. The path of a file may hold `${env:NAME}` itself. */
export type Piece = string | { readonly kind: "env" | "file"; readonly name: string };

const VARIABLE = "[A-Za-z_][A-Za-z0-9_]*";
const REFERENCE = new RegExp(
  `\\$\\{(?:env:(${VARIABLE})|file:((?:[^{}\\p{Cc}]|\\$\\{env:${VARIABLE}\\})+))\\}`,
  "uy",
);

/**
 * Splits text at its references; `$${` becomes the two characters `${`.
 * @returns undefined when a `${` begins no reference.
 */
export function splitReferences(text: string): Piece[] | undefined {
  const pieces: Piece[] = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const next = text.indexOf("${", at);
    if (next < 0) {
      plain += text.slice(at);
      break;
    }
    if (next > at && text[next - 1] === "$") {
      plain += `${text.slice(at, next - 1)}\${`;
      at = next + 2;
      continue;
    }
    REFERENCE.lastIndex = next;
    const match = REFERENCE.exec(text);
    if (!match) return undefined;
    const [whole, variable, file] = match;
    pieces.push(plain + text.slice(at, next));
    plain = "";
    pieces.push(variable ? { kind: "env", name: variable } : { kind: "file", name: file ?? "" });
    at = next + whole.length;
  }
  pieces.push(plain);
  return pieces.filter((piece) => piece !== "");
}
