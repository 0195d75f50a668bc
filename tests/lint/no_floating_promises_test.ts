import assert from "node:assert/strict";
import { Declarations } from "./declarations.ts";
import plugin from "./no_floating_promises.ts";

const FILE = new URL("../../src/a_room/a_file.ts", import.meta.url).pathname;

const BEFORE = `
import { retry } from "../base/retry.ts";
import { describeError as describe } from "../base/errors.ts";
async function load(): Promise<void> {}
function later(): Promise<void> { return load(); }
const go = async () => {};
function now(): void {}
class Reader {
  readonly #sleeper = new InterruptibleSleep();
  #tasks: TaskGroup;
  onEnd: () => Promise<void>;
  async #fill() {}
  close(): Promise<void> { return this.#fill(); }
  count(): number { return 1; }
  test(clock: Clock, list: number[], promise: Promise<void>) {
    STATEMENT
  }
}
`;

const floating: string[] = [
  "load();",
  "later();",
  "go();",
  "soon(); function soon(): Promise<void> { return load(); }",
  "retry(env, policy, signal, work);",
  "this.#fill();",
  "this.close();",
  "this.onEnd();",
  "this.#tasks.join();",
  "clock.sleep(1);",
  "clock?.sleep(1);",
  "new TaskGroup().join();",
  "if (list.length) clock.sleep(1);",
  "list.length && load();",
  "list.length ? now() : load();",
  "now(), load();",
  "(async () => {})();",
  "Promise.all([load()]);",
  "Promise.resolve();",
  "promise.then(now);",
  "this.reader?.ready.then(now);",
  "promise.finally(now);",
  "promise.then(now).finally(now);",
  "Deno.remove(path);",
  "fetch(url);",
  "response.arrayBuffer();",
  "list.forEach(async (n) => await clock.sleep(n));",
  "void load();",
  "void load();\nnow(); // a reason on another line",
];
for (const statement of floating) {
  Deno.test(`no-floating finds ${statement.split("\n")[0]}${statement.includes("\n") ? " …" : ""}`, () => {
    assert.equal(found(statement).length, 1);
  });
}

const owned: string[] = [
  "now();",
  "this.count();",
  "describe(error);",
  "unknown();",
  "await load();",
  "return load();",
  "const loading = load();",
  "this.loading = load();",
  "const load2 = () => load();",
  "await Promise.all([load(), later()]);",
  "promise.catch(now);",
  "promise.then(now, now);",
  "promise.then(now).catch(now).finally(now);",
  "Promise.withResolvers();",
  "Deno.removeSync(path);",
  "list.forEach((n) => now(n));",
  "list.fill(0);",
  "void load(); // never rejects",
  "// never rejects\nvoid load();",
  "void now;",
];
for (const statement of owned) {
  Deno.test(`no-floating takes ${statement.replace("\n", " ")}`, () => {
    assert.deepEqual(found(statement), []);
  });
}

function found(statement: string): string[] {
  const source = BEFORE.replace("STATEMENT", statement);
  return Deno.lint.runPlugin(plugin, FILE, source).map(({ message }) => message);
}

Deno.test("Declarations knows a method by its type, and without one only if all of that name are asynchronous", () => {
  const declarations = new Declarations([
    [
      "file:///a.ts",
      `export class Slow {
  async run(
    task: () => void,
  ): Promise<void> {}
  readAll(): Promise<void> {}
  readonly pull: (n: number) => Promise<void>;
}
export interface Quick {
  run(): void;
  readonly push: (n: number) => void;
}
export async function slow() {}
export function quick(): void {}
`,
    ],
  ]);
  assert.deepEqual(
    ["run", "readAll", "pull", "push"].map((name) => declarations.isAsyncMethod(name)),
    [
      false,
      true,
      true,
      false,
    ],
  );
  assert.equal(declarations.isAsyncMethod("run", "Slow"), true);
  assert.equal(declarations.isAsyncMethod("run", "Quick"), false);
  const isAsync = (name: string) => declarations.isAsyncExport("/b.ts", `./a.ts#${name}`);
  assert.deepEqual(["slow", "quick", "none"].map(isAsync), [true, false, false]);
});
