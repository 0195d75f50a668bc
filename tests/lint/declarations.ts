import { EventEmitter } from "node:events";
import { Socket } from "node:net";

const ROOT = new URL("../../", import.meta.url);

const OF_DENO =
  /^(chmod|connect\w*|copyFile|link|makeTemp\w+|mkdir|open|read\w+|real\w+|remove|rename|resolveDns|stat|lstat|symlink|truncate|utime|write\w+)$/;

/** Methods of the runtime that return promises. */
const ASYNC_OF_RUNTIME = ["arrayBuffer", "json", "pipeTo", "text"];
/** Types of the runtime whose methods do not. */
const SYNC_OF_RUNTIME = [
  AbortController,
  Array,

  DataView,
  Date,
  EventEmitter,
  EventTarget,
  Function,
  Headers,
  Map,
  RegExp,
  Set,
  Socket,
  String,
  URLSearchParams,
  Uint8Array,
  WeakMap,
  WebSocket,
  Worker,
];

const KEYWORDS = new Set(["catch", "for", "function", "if", "new", "return", "switch", "while"]);
/** The start of a type, or of a declaration of a function, a method or a property that is a function. */
const DECLARATION =
  /^[ \t]*((?:export |default |declare |abstract |public |private |static |override |readonly )*)(?:(?:class|interface) (\w+)|(async )?(function )?\*?(#?\w+)\??(: )?(?:<[^\n(]*?>)?\()/gm;

/** Which functions and methods of this project return promises, found by their text. */
export class Declarations {
  static #project: Declarations | undefined;
  /** For each file, its functions: whether they are asynchronous. */
  readonly #files = new Map<string, Map<string, boolean>>();
  /** For each class and interface, its methods: whether they are asynchronous. */
  readonly #types = new Map<string, Map<string, boolean>>();
  /** For each name of a method: whether every declaration of it is asynchronous. */
  readonly #methods = new Map<string, boolean>(ASYNC_OF_RUNTIME.map((name) => [name, true]));

  /** @param files Text by URL. */
  constructor(files: Iterable<readonly [url: string, text: string]>) {
    for (const { prototype } of SYNC_OF_RUNTIME) {
      for (const name of Object.getOwnPropertyNames(prototype)) this.#methods.set(name, false);
    }
    for (const [url, text] of files) this.#add(url, text);
  }

  /** Those of all files of this project; read once. */
  static ofProject(): Declarations {
    return this.#project ??= new Declarations(
      ["main.ts", "src/", "tests/"].flatMap((path) => [...filesUnder(new URL(path, ROOT))])
        .map((url) => [url.href, Deno.readTextFileSync(url)]),
    );
  }

  /**
   * Whether an imported function is asynchronous.
   * @param importer Path of the importing file.
   * @param imported Its specifier and the name there, as `./a.ts#name`.
   */
  isAsyncExport(importer: string, imported: string): boolean {
    const [specifier = "", name = ""] = imported.split("#");
    if (!specifier.startsWith(".")) return false;
    const url = new URL(specifier, new URL(importer, "file:///"));
    return this.#files.get(url.href)?.get(name) ?? false;
  }

  /**
   * Whether a method is asynchronous.
   * @param type Of its object; without one that is known, all methods of that name must be.
   */
  isAsyncMethod(name: string, type?: string): boolean {
    const ofType = type === undefined ? undefined : this.#types.get(type)?.get(name);
    return ofType ?? this.#methods.get(name) ?? false;
  }

  /** Whether `Deno.<name>()` returns a promise. */
  isAsyncOfDeno(name: string): boolean {
    return OF_DENO.test(name) && !name.endsWith("Sync");
  }

  #add(url: string, text: string): void {
    const functions = new Map<string, boolean>();
    this.#files.set(url, functions);
    let methods = new Map<string, boolean>();
    for (const match of text.matchAll(DECLARATION)) {
      const [whole, , type, asyncWord, functionWord, name = "", colon] = match;
      if (type !== undefined) {
        methods = new Map();
        // Of two types with one name nothing is known.
        this.#types.set(type, this.#types.has(type) ? new Map() : methods);
        continue;
      }
      if (KEYWORDS.has(name)) continue;
      const rest = text.slice(closing(text, match.index + whole.length - 1) + 1);
      const result = (colon ? /^ => (\w+)[^\n]*;\n/ : /^\s*: (\w+)/).exec(rest)?.[1];
      const isAsync = asyncWord !== undefined && !colon || result === "Promise";
      if (!isAsync && result === undefined) continue; // a call, or a type that is not said
      if (functionWord) functions.set(name, isAsync);
      else {
        methods.set(name, isAsync);
        this.#methods.set(name, isAsync && (this.#methods.get(name) ?? true));
      }
    }
    for (const [, name = ""] of text.matchAll(/^(?:export )?const (\w+) = async\b/gm)) {
      functions.set(name, true);
    }
  }
}

/** Where the parenthesis that opens at `open` is closed. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && --depth === 0) return at;
  }
  return text.length;
}

function* filesUnder(url: URL): Generator<URL> {
  if (!url.href.endsWith("/")) return yield url;
  for (const { name, isDirectory } of Deno.readDirSync(url)) {
    if (name === "testdata" || name === "assembly") continue;
    if (isDirectory) yield* filesUnder(new URL(`${name}/`, url));
    else if (name.endsWith(".ts")) yield new URL(name, url);
  }
}
