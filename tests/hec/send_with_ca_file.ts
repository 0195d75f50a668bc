/** Sends two requests over each URL with a CA file, and prints the statuses or the error: `CERTIFICATE URL...`. */
import { describeError } from "../../src/base/errors.ts";
import { makeTransport } from "../../src/app/open_hec.ts";

const [caCert = "", ...urls] = Deno.args;
for (const baseUrl of urls) {
  const transport = makeTransport({
    baseUrl,
    verify: true,
    caCerts: [caCert],
    client: undefined,
    proxyUrl: undefined,
  });
  const send = async () => {
    const headers = { "user-agent": "sls2hec/test" }; // without one, Splunk keeps no connection
    const request = { method: "GET", path: "/services/collector/health", headers } as const;
    return (await transport.send(request, AbortSignal.timeout(30_000))).status;
  };
  try {
    console.log(await send(), await send());
  } catch (error) {
    console.log(describeError(error));
  }
  transport.close();
}
