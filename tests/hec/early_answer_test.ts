import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  AnsweredTooSoon,
  type HecConnection,
  type HecResponse,
  RequestCutOff,
} from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { NAMED } from "./certificates.ts";
import { ConnectProxy } from "./connect_proxy.ts";
import { answerOf, EarlyServer, TAKEN } from "./early_server.ts";

const ignore = !nodeHttpIsSound;
const NEVER = new AbortController().signal;
/** More than all that sockets and proxies buffer. */
const BODY = new Uint8Array(40_000_000);
const PIN = new X509Certificate(NAMED.cert).fingerprint256.replaceAll(":", "").toLowerCase();

/** The proxy itself finds the collector's connection broken, before it has passed the answer on. */
const LOST = undefined;

const ways: [
  way: string,
  tls: boolean,
  proxy: "http" | "https" | undefined,
  more: Partial<HecConnection>,
][] = [
  ["http", false, undefined, {}],
  ["http through a proxy", false, "http", {}],
  ["http through a proxy of https", false, "https", { caCerts: [NAMED.cert] }],
  ["https with a CA file through a proxy of https", true, "https", { caCerts: [NAMED.cert] }],
  ["https with a CA file", true, undefined, { caCerts: [NAMED.cert] }],
  ["https with a CA file through a proxy", true, "http", { caCerts: [NAMED.cert] }],
  ["https with a fingerprint", true, undefined, { fingerprint: PIN }],
  ["https with a fingerprint through a proxy", true, "http", { fingerprint: PIN }],
  ["https unchecked", true, undefined, { verify: false }],
];

/** Sends a large body to a server that reads only its head. */
async function send(
  server: EarlyServer,
  throughProxy: "http" | "https" | undefined,
  more: Partial<HecConnection>,
  headers: Record<string, string> = {},
): Promise<HecResponse> {
  await using proxy = throughProxy && new ConnectProxy(undefined, throughProxy);
  const transport = makeTransport({
    baseUrl: server.url,
    verify: true,
    caCerts: [],
    client: undefined,
    proxyUrl: proxy?.url.replace("https://127.0.0.1", "https://localhost"),
    ...more,
  });
  const request = { path: "/services/collector/event", headers, body: BODY };
  try {
    return await transport.send({ ...request, method: "POST" }, NEVER);
  } finally {
    transport.close();
    await server[Symbol.asyncDispose]();
  }
}

for (const [way, hasTls, throughProxy, more] of ways) {
  const tls = hasTls ? NAMED : undefined;
  for (const then of ["kept open", "closed", "half closed"] as const) {
    // The proxy closes both sides then; of TLS within TLS, the outer one breaks with what it holds.
    const mayBeLost = then === "closed" && throughProxy !== undefined ||
      then === "half closed" && throughProxy === "https";
    Deno.test(
      `by ${way}, a success before the request is read counts as no answer; the connection is then ${then}`,
      { ignore },
      async () => {
        for (const connection of ["keep-alive", "close"]) {
          const answer = TAKEN.replace("\r\n\r\n", `\r\nconnection: ${connection}\r\n\r\n`);
          const server = new EarlyServer({ answer, then, tls });
          await assert.rejects(send(server, throughProxy, more, { connection }), (error) => {
            if (mayBeLost && error instanceof RequestCutOff) return true;
            assert.ok(error instanceof AnsweredTooSoon, `${error}`);
            assert.match(error.message, /answered 200 before it had read the request/);
            return true;
          });
          assert.equal(server.heads.length, 1);
          assert.doesNotMatch(server.heads[0]!, /transfer-encoding/i);
          assert.match(server.heads[0]!, new RegExp(`content-length: ${BODY.length}`, "i"));
        }
      },
    );

    Deno.test(
      `by ${way}, a refusal before the request is read counts; the connection is then ${then}`,
      { ignore },
      async () => {
        for (const status of ["413 Too Large", "400 Bad Request", "503 Busy"]) {
          const answer = answerOf(status, "no", then === "closed" ? "connection: close\r\n" : "");
          const server = new EarlyServer({ answer, then, tls });
          const response = await send(server, throughProxy, more).catch((error) => {
            if (mayBeLost && error instanceof RequestCutOff) return LOST;
            throw error;
          });
          if (response === LOST) continue;
          assert.equal(response.status, parseInt(status));
          assert.equal(new TextDecoder().decode(response.body), "no");
        }
      },
    );
  }

  Deno.test(`by ${way}, a connection that ends without an answer is reported as cut off`, {
    ignore,
  }, async () => {
    const server = new EarlyServer({ answer: undefined, then: "closed", tls });
    await assert.rejects(send(server, throughProxy, more), RequestCutOff);
  });
}

Deno.test(
  "by https with public authorities the same holds, with the right to reach the collector alone",
  { ignore },
  async () => {
    const file = Deno.makeTempFileSync({ suffix: ".pem" });
    Deno.writeTextFileSync(file, NAMED.cert);
    try {
      for (const [status, said] of [["200 OK", "AnsweredTooSoon"], ["413 Too Large", "413"]]) {
        const answer = answerOf(status!, '{"text":"Success","code":0}');
        await using server = new EarlyServer({ answer, then: "kept open", tls: NAMED });
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--no-prompt",
            "--no-check",
            `--allow-net=${new URL(server.url).host}`,
            `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
            fileURLToPath(new URL("./send_large.ts", import.meta.url)),
            server.url,
          ],
          env: { DENO_CERT: file, NODE_EXTRA_CA_CERTS: file, NO_COLOR: "1" },
        }).output();
        const text = new TextDecoder().decode(stdout).trim();
        assert.equal(text, said, new TextDecoder().decode(stderr));
      }
    } finally {
      Deno.removeSync(file);
    }
  },
);
