import { type LoadOptions, LoadServers } from "./load_servers.ts";

/**
 * The load servers as a separate process. Options are JSON in the first argument. Prints one JSON
 * line with the URLs, then one JSON line with the counts for each line of standard input; ends at the
 * end of the input.
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
  Deno.exit(0); // clients may still have connections open
}
