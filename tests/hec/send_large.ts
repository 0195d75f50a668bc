/** Sends a body of 40 MB to a collector that public authorities certify; prints the status or the error's name: `URL`. */
import { makeTransport } from "../../src/app/open_hec.ts";

const [baseUrl = ""] = Deno.args;
const transport = makeTransport({
  baseUrl,
  verify: true,
  caCerts: [],
  client: undefined,
  proxyUrl: undefined,
});
try {
  const path = "/services/collector/event";
  const request = { method: "POST", path, headers: {}, body: new Uint8Array(40_000_000) } as const;
  console.log((await transport.send(request, AbortSignal.timeout(30_000))).status);
} catch (error) {
  console.log(error instanceof Error ? error.name : error);
}
transport.close();
