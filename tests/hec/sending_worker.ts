/// <reference lib="webworker" />
/** Sends one request to HEC by the transport that the program would choose, and says how that went. */
import { describeError } from "../../src/base/errors.ts";
import type { HecConnection } from "../../src/hec/transport/hec_transport.ts";
import { makeTransport } from "../../src/app/open_hec.ts";

self.onmessage = async ({ data }: MessageEvent<HecConnection>) => {
  const never = new AbortController().signal;
  try {
    const transport = makeTransport(data);
    const { status } = await transport.send(
      { method: "GET", path: "/services/collector/health", headers: {} },
      never,
    );
    transport.close();
    self.postMessage(`status ${status}`);
  } catch (error) { // what the test looks at
    self.postMessage(describeError(error));
  }
};
