/// <reference lib="webworker" />
/** Tries what it is sent, and answers for each try whether it was permitted. */
import http from "node:http";

export interface Probe {
  readonly urls: readonly string[];
  readonly file: string;
}

const tries: Record<string, (subject: string) => unknown> = {
  fetch: async (url) => await (await fetch(url)).text(),
  "node:http": (url) =>
    new Promise((resolve, reject) => {
      http.get(url, (response) => response.resume().on("end", resolve)).on("error", reject);
    }),
  connect: async (url) => {
    const { hostname, port } = new URL(url);
    (await Deno.connect({ hostname, port: Number(port) })).close();
  },
  read: (file) => Deno.readTextFileSync(file),
  write: (file) => Deno.writeTextFileSync(file, "x", { append: true }),
  env: () => Deno.env.get("HOME"),
  sys: () => Deno.hostname(),
  run: (file) => new Deno.Command(file).outputSync(),
};

self.onmessage = async ({ data: { urls, file } }: MessageEvent<Probe>) => {
  const found: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(tries)) {
    const usesNet = ["fetch", "node:http", "connect"].includes(name);
    for (const subject of usesNet ? urls : [file]) {
      try {
        await attempt(subject);
        found[usesNet ? `${name} ${subject}` : name] = "permitted";
      } catch (error) {
        // `node:http` of Deno 2.6.8 calls it a refused connection; a server listens there.
        const text = String(error);
        const denied = /NotCapable|Requires \w+ access|ECONNREFUSED/.test(text);
        found[usesNet ? `${name} ${subject}` : name] = denied ? "denied" : text;
      }
    }
  }
  self.postMessage(found);
};
