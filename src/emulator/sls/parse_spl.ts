import { parameterInvalid } from "../core/sls/sls_error.ts";
import type { SplOperator, SplStage, SplTest, SplValue } from "./spl.ts";

/** Limits of SPL in real-time consumption (the vendor's SPL overview). */
const MAX_STAGES = 16, MAX_BYTES = 10 * 1024;

const TOKEN =
  /\s*(?:'((?:[^']|'')*)'|"([^"]+)"|([A-Za-z_][\w:-]*)|(-?\d+)|(!=|<>|>=|<=|[|*,()=<>]))/y;

type Token = {
  readonly kind: "text" | "quoted" | "word" | "number" | "sign";
  readonly text: string;
};

/**
 * Parses the small part of SPL that the emulator runs:
 * `* | where a = 'x' and (cast(b as bigint) > 100 or c in ('y', 'z') or d like '%e') | extend f = a |
 * project a, b | project-away c`.
 *
 * @returns the stages after the `*`.
 * @throws {SlsError} 400 `ParameterInvalid`, which names what is not supported.
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
        return { do: "where", test: this.#or() };
      case "extend":
        return { do: "extend", fields: this.#list(() => this.#extension()) };
      case "project":
      case "project-away":
        return { do: name, fields: this.#list(() => this.#field()) };
      default:
        throw parameterInvalid(`spl instruction ${name} is not supported`);
    }
  }

  expect(kind: Token["kind"], text: string): void {
    if (!this.#skip(kind, text)) throw this.#unexpected(text);
  }

  #list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#skip("sign", ",")) items.push(item());
    return items;
  }

  #or(): SplTest {
    return this.#joined("or", () => this.#joined("and", () => this.#condition()));
  }

  #joined(kind: "and" | "or", test: () => SplTest): SplTest {
    const first = test();
    const tests = [first];
    while (this.#skip("word", kind)) tests.push(test());
    return tests.length === 1 ? first : { kind, tests };
  }

  #condition(): SplTest {
    if (this.#skip("sign", "(")) {
      const inner = this.#or();
      this.expect("sign", ")");
      return inner;
    }
    const left = this.#value();
    const word = this.#peek()?.kind === "word" ? this.#peek()!.text.toLowerCase() : undefined;
    if (word === "in") {
      this.#at++;
      this.expect("sign", "(");
      const values = this.#list(() => this.#comparable(left));
      this.expect("sign", ")");
      return { kind: "in", left, values };
    }
    if (word === "like") {
      this.#at++;
      if (isNumber(left)) throw parameterInvalid("spl: like takes a text, not a number");
      return { kind: "like", left, pattern: this.#take("text") };
    }
    if (word !== undefined) throw parameterInvalid(`spl operator ${word} is not supported`);
    const sign = this.#take("sign");
    const operator = OPERATORS.get(sign);
    if (!operator) throw this.#unexpected("a comparison");
    // Fields are text: comparing them with a number, or by order, needs a cast.
    if (!EQUALITIES.has(operator) && !isNumber(left)) {
      throw parameterInvalid("spl: what is compared by order must be cast to bigint");
    }
    return { kind: "compare", left, operator, right: this.#comparable(left) };
  }

  #extension(): { field: string; value: SplValue } {
    const field = this.#field();
    // SPL has special rules for these, which the emulator does not implement.
    if (field.startsWith("__")) throw parameterInvalid(`spl: extend of ${field} is not supported`);
    this.expect("sign", "=");
    return { field, value: this.#value() };
  }

  /** A value of the same type as the one that it is compared with. */
  #comparable(left: SplValue): SplValue {
    const value = this.#value();
    if (isNumber(left) !== isNumber(value)) {
      throw parameterInvalid("spl: a text is compared with a number; cast the field to bigint");
    }
    return value;
  }

  #value(): SplValue {
    const token = this.#peek();
    if (token?.kind === "text") return { kind: "text", text: this.#take("text") };
    if (token?.kind === "number") return { kind: "number", number: BigInt(this.#take("number")) };
    const isCall = token?.kind === "word" && this.#peek(1)?.text === "(";
    if (!isCall) return { kind: "field", field: this.#field() };
    const name = token.text.toLowerCase();
    if (name !== "cast") throw parameterInvalid(`spl function ${name} is not supported`);
    this.#at += 2;
    const field = this.#field();
    this.expect("word", "as");
    const type = this.#take("word").toLowerCase();
    if (type !== "bigint") throw parameterInvalid(`spl: cast as ${type} is not supported`);
    this.expect("sign", ")");
    return { kind: "bigint", field };
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

  /** Skips the next token if it is this one, ignoring case. */
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

const OPERATORS = new Map<string, SplOperator>([
  ["=", "="],
  ["!=", "!="],
  ["<>", "!="],
  [">", ">"],
  ["<", "<"],
  [">=", ">="],
  ["<=", "<="],
]);
const EQUALITIES = new Set<SplOperator>(["=", "!="]);

/** `__time__` is a number; all other fields are text. */
function isNumber(value: SplValue): boolean {
  return value.kind === "number" || value.kind === "bigint" ||
    (value.kind === "field" && value.field === "__time__");
}
