import { parameterInvalid } from "./sls_error.ts";

/** One comparison of a `where` stage. */
export interface SplCondition {
  readonly field: string;
  readonly operator: "=" | "!=" | ">" | "<" | ">=" | "<=";
  /** Text, or a whole number where the field is cast (or is `__time__`, which is a number by itself). */
  readonly literal: string | bigint;
}

/** One stage after the leading `*`. */
export type SplStage =
  | { readonly do: "where"; readonly conditions: readonly SplCondition[] }
  | { readonly do: "project" | "project-away"; readonly fields: readonly string[] };

/** Limits of SPL in real-time consumption (the vendor's SPL overview). */
const MAX_STAGES = 16, MAX_BYTES = 10 * 1024;

const TOKEN =
  /\s*(?:'((?:[^']|'')*)'|"([^"]+)"|([A-Za-z_][\w:-]*)|(-?\d+)|(!=|<>|>=|<=|[|*,()=<>]))/y;

type Token = {
  readonly kind: "text" | "quoted" | "word" | "number" | "sign";
  readonly text: string;
};

/**
 * Reads the small part of SPL that the emulator runs:
 * `* | where a = 'x' and cast(b as bigint) > 100 | project a, b | project-away c`.
 * @returns the stages after the `*`.
 * @throws {SlsError} 400 `ParameterInvalid` for anything else.
 */
export function parseSpl(query: string): SplStage[] {
  if (new TextEncoder().encode(query).length > MAX_BYTES) {
    throw parameterInvalid(`spl is longer than ${MAX_BYTES} bytes`);
  }
  const parser = new Parser(tokenize(query));
  parser.expect("sign", "*");
  const stages: SplStage[] = [];
  while (!parser.atEnd) {
    parser.expect("sign", "|");
    stages.push(parser.stage());
  }
  if (stages.length >= MAX_STAGES) throw parameterInvalid(`spl has more than ${MAX_STAGES} stages`);
  return stages;
}

function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  const end = query.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(query);
    if (!match) throw parameterInvalid(`spl cannot be read at offset ${at}`);
    const [, text, quoted, word, number, sign] = match;
    if (text !== undefined) tokens.push({ kind: "text", text: text.replaceAll("''", "'") });
    else if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  stage(): SplStage {
    const name = this.#take("word").toLowerCase();
    switch (name) {
      case "where":
        return { do: "where", conditions: this.#list(() => this.#condition(), "word", "and") };
      case "project":
      case "project-away":
        return { do: name, fields: this.#list(() => this.#field(), "sign", ",") };
      default:
        throw parameterInvalid(`spl instruction ${name} is not supported`);
    }
  }

  expect(kind: Token["kind"], text: string): void {
    if (!this.#skip(kind, text)) throw this.#unexpected(text);
  }

  #list<T>(item: () => T, kind: Token["kind"], separator: string): T[] {
    const items = [item()];
    while (this.#skip(kind, separator)) items.push(item());
    return items;
  }

  #condition(): SplCondition {
    const cast = this.#peek()?.kind === "word" && this.#peek()?.text.toLowerCase() === "cast" &&
      this.#peek(1)?.text === "(";
    let field: string;
    if (cast) {
      this.#at += 2;
      field = this.#field();
      this.expect("word", "as");
      this.expect("word", "bigint");
      this.expect("sign", ")");
    } else {
      field = this.#field();
    }
    const sign = this.#take("sign");
    const operator = sign === "<>" ? "!=" : sign;
    const isNumber = cast || field === "__time__";
    const ordered = operator === ">" || operator === "<" || operator === ">=" || operator === "<=";
    if (operator !== "=" && operator !== "!=" && !ordered) throw this.#unexpected("a comparison");
    // Fields are text: comparing one with a number, or by order, needs a cast.
    if (ordered && !isNumber) throw parameterInvalid(`spl: ${field} must be cast to bigint`);
    const literal = this.#take(isNumber ? "number" : "text");
    return { field, operator, literal: isNumber ? BigInt(literal) : literal };
  }

  #field(): string {
    const token = this.#peek();
    if (token?.kind !== "word" && token?.kind !== "quoted") throw this.#unexpected("a field");
    this.#at++;
    return token.text;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  #take(kind: Token["kind"]): string {
    const token = this.#peek();
    if (token?.kind !== kind) throw this.#unexpected(`a ${kind}`);
    this.#at++;
    return token.text;
  }

  /** Steps over a token if it is this one, in any case. */
  #skip(kind: Token["kind"], text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== kind || token.text.toLowerCase() !== text) return false;
    this.#at++;
    return true;
  }

  #unexpected(expected: string): Error {
    const found = this.#peek()?.text ?? "the end";
    return parameterInvalid(`spl: expected ${expected} instead of ${found}`);
  }
}
