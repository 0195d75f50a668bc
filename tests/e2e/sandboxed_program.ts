/**
 * A program that narrows itself as `sls2hec run` does in a generic executable, with a worker that tries what it may do
 * in place of the app: `probe ALLOWED OTHER` prints what the worker and the main isolate found; `die MODULE` has
 * that module be the worker, and die.
 */
import { OperatorError } from "../../src/base/errors.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import type { Grant } from "../../src/config/grant.ts";
import { runSandboxed, spawnSandboxed } from "../../src/cli/sandboxed_run.ts";
import { dropPermissions } from "../../src/cli/permissions.ts";

const [command, ...urls] = Deno.args;
const grant: Grant = {
  net: urls.slice(0, 1).flatMap((url) => URL.canParse(url) ? [new URL(url).host] : []),
  read: [],
  write: [],
  env: [],
  sys: [],
  ignoreEnv: [],
  why: [],
};

async function probe(): Promise<void> {
  const worker = spawnSandboxed(new URL("./probing_worker.ts", import.meta.url), grant);
  const heard = () =>
    new Promise<Record<string, string>>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  const ask = (file: string) => {
    worker.postMessage({ urls, file });
    return heard();
  };
  const before = await ask("/bin/true");
  dropPermissions();
  const after = await ask("/bin/true");
  const main = await Promise.allSettled(urls.map((url) => fetch(url)));
  console.log(JSON.stringify({
    before,
    after,
    main: main.map((found) => found.status === "rejected" ? found.reason.name : "permitted"),
  }));
}

async function die(): Promise<void> {
  const loaded = loadConfig({
    text: `{sls: {endpoint: 127.0.0.1, credentials: {access_key_id: i, access_key_secret: s}},
      consumer: {group: g}, hec: {url: "http://127.0.0.1:1", token: t}, sources: [{project: p, logstore: l}]}`,
    fileName: "test",
    env: () => undefined,
    readFile: () => "",
  });
  if (!loaded.ok) throw new Error("the configuration is wrong");
  const module = new URL(urls[0]!, import.meta.url);
  try {
    await runSandboxed(loaded.config, grant, new AbortController().signal, module);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.log(`${error.message} / ${error.hint}`);
    Deno.exit(1);
  }
}

if (command === "probe") await probe();
else await die();
Deno.exit(0);
