/// <reference lib="webworker" />
/** Tries to import what no configuration names, in this isolate and in a worker, and prints what came of it. */
const WANTED = ["https://esm.sh/lodash", "npm:is-odd", "npm:left-pad@1.3.0", "jsr:@std/path"];

async function attempts(): Promise<string[]> {
  const results: string[] = [];
  for (const specifier of WANTED) {
    try {
      await import(specifier);
      results.push("imported");
    } catch {
      results.push("refused");
    }
  }
  return results;
}

/** What a worker says first, or that it does not start. */
function firstWord(module: string | URL): Promise<unknown> {
  return new Promise((resolve) => {
    try {
      const worker = new Worker(module, { type: "module", name: "inner" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve("refused");
      };
    } catch {
      resolve("refused");
    }
  });
}

if (self.name === "inner") {
  self.postMessage(await attempts());
} else {
  const here = await attempts();
  const inWorker = await firstWord(new URL(import.meta.url));
  const remoteWorker = await firstWord("https://esm.sh/lodash");
  console.log(JSON.stringify({ here, inWorker, remoteWorker }));
  Deno.exit();
}
