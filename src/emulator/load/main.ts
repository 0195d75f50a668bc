import { type LoadOptions, LoadServers } from "./load_servers.ts";

/**
 * The load servers as a process of their own: options as JSON in the first argument; prints one JSON line
 * with the URLs when they listen, then the counts, one JSON line for each line of standard input; ends with
 * the input.
 */
if (import.meta.main) {
  const options = JSON.parse(Deno.args[0] ?? "{}") as LoadOptions;
  const load = new LoadServers(options, Math.random);
  console.log(JSON.stringify({ sls: load.slsUrl, hec: load.hecUrl }));
  const decoder = new TextDecoder();
  for await (const chunk of Deno.stdin.readable) {
    for (const char of decoder.decode(chunk)) {
      if (char === "\n") console.log(JSON.stringify(load.counts));
    }
  }
  Deno.exit(0); // clients may keep their connections
}
