import assert from "node:assert/strict";
import { page } from "./pages.ts";

/** Most functions between the start and the first request for logs, both included. */
const MAX_FUNCTIONS = 22;
/** What is called by another name than its own, and where it is given that name. */
const GIVEN = new Map([
  ["runShard", { path: "src/app/local_data_plane.ts", text: "run: runShard.bind(" }],
  ["SlsRequester.#sendUntilTaken", {
    path: "src/sls/requester.ts",
    text: "this.#sendUntilTaken(call, limit,",
  }],
  ["SlsConnections.fetchTo", {
    path: "src/app/open_sls.ts",
    text: "fetch: this.#connections.fetchTo(",
  }],
]);

/** A row of the table: a function, and how it calls that of the next row. */
interface Step {
  readonly name: string;
  readonly path: string;
  readonly call: string;
}

const section = page("docs/design.md").split(/^## /m)
  .find((text) => text.startsWith("From main to the first pull\n"))!;
const ROW = /^\| `([^`]+)` +\| (?:`([^`]+)`|the runtime) +\| (?:`([^`]+)`)? +\|$/gm;
const steps = [...section.matchAll(ROW)]
  .map(([, name, path = "", call = ""]): Step => ({ name: name!, path, call }));

/**
 * The text of a function or method, by its declaration and the closing brace below it.
 * @returns undefined when the file declares none of that name.
 */
function bodyOf({ name, path }: Step): string | undefined {
  const text = page(path);
  if (name === "import.meta.main") return text;
  const [, owner, own = ""] = /^(?:(\w+)\.)?(#?\w+)$/.exec(name) ?? [];
  if (owner === undefined) {
    return new RegExp(`^(?:export )?(?:async )?function ${own}\\b[^]*?^}`, "m").exec(text)?.[0];
  }
  const methods = new RegExp(`^(?:export )?class ${owner}\\b[^]*?^}`, "m").exec(text)?.[0] ?? "";
  return new RegExp(`^  (?:async )?${own}[<(][^]*?^  }$`, "m").exec(methods)?.[0];
}

Deno.test(`docs/design.md lists ${MAX_FUNCTIONS} functions or fewer up to the first pull, with their number`, () => {
  assert.equal(steps[0]?.path, "main.ts");
  assert.equal(steps.at(-1)?.name, "fetch");
  assert.ok(steps.length <= MAX_FUNCTIONS, `${steps.length}`);
  assert.ok(section.includes(` ${steps.length} functions `));
});

for (const [index, step] of steps.slice(0, -1).entries()) {
  const { name, path } = step;
  const call = step.call.replace(/…?\)$/, "");
  const next = steps[index + 1]!.name;
  Deno.test(`docs/design.md says how ${name} calls ${next} on the way to the first pull`, () => {
    const body = bodyOf(step);
    assert.ok(body, `${path} has no ${name}`);
    assert.ok(body.includes(call), `${name} has no ${call}`);
    const given = GIVEN.get(next);
    if (given) {
      assert.ok(page(given.path).includes(given.text), `${given.path} has no ${given.text}`);
    } else {
      const [, owner, own] = /^(?:(.+)\.)?(.+)$/.exec(next)!;
      const called = own === "constructor" ? `new ${owner}(` : `${own}(`;
      assert.ok(call.endsWith(called), `${call} does not call ${called}`);
    }
  });
}

Deno.test("docs/design.md explains every call to the first pull that does not name what it calls", () => {
  for (const name of GIVEN.keys()) {
    const before = steps[steps.findIndex((step) => step.name === name) - 1];
    assert.ok(before, name);
    const [object = ""] = before.call.split(/[.(]/);
    const prose = section.replaceAll(/^\|.*$/gm, "");
    assert.ok(prose.includes(`\`${object}\``), `${before.call} is not explained`);
  }
});
