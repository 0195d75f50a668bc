import { Buffer } from "node:buffer";
import { abortable, onAbort } from "./on_abort.ts";
import type { Clock } from "./clock.ts";
import { brokenOff, explainTunnel, notReached, type ProxyOnTheWay } from "./proxy_failure.ts";
import { describeError } from "./errors.ts";
import { TimedOut, withTimeout } from "./timeout.ts";

const TIMEOUT_MS = 15_000;
const HEAD_MAX_BYTES = 64 * 1024;

/** What is to be reached through a proxy. */
export interface ProxyTarget {
  readonly hostname: string;
  readonly port: number;
  /** Whether the proxy has to open a tunnel, as for TLS; otherwise it gets the whole request. */
  readonly tunnel: boolean;
}

/** What `askProxy` asks. */
interface ProxyQuestion {
  readonly proxy: ProxyOnTheWay;
  readonly target: ProxyTarget;
  /** PEM certificates of authorities that may certify an https proxy, in addition to the public ones. */
  readonly caCerts: readonly string[];
}

/**
 * Asks an http or https proxy for a tunnel, and closes it again: `fetch` does not say what a proxy answers, nor whether it
 * is the proxy that does not answer. Does nothing for a SOCKS proxy, where `fetch` says enough.
 * @throws {ProxyFailure}, an error that says what the proxy cannot reach, or the signal's reason.
 */
export async function askProxy(
  { proxy, target, caCerts }: ProxyQuestion,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { protocol } = new URL(proxy.proxyUrl);
  if (protocol !== "http:" && protocol !== "https:") return;
  let status: number | undefined;
  try {
    status = await withTimeout(
      { what: "The proxy", timeoutMs: TIMEOUT_MS },
      clock,
      signal,
      (limit) => statusOfTunnel(proxy, target, caCerts, limit),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TimedOut) {
      throw notReached(proxy, `no answer within ${TIMEOUT_MS / 1000} s`, error);
    }
    // The request itself will report a certificate that is not trusted.
    if (protocol === "https:") return;
    throw notReached(proxy, describeError(error), error);
  }
  if (status === undefined) return;
  if (status === 0) throw brokenOff(proxy);
  const failure = explainTunnel(status, proxy, `${target.hostname}:${target.port}`);
  if (failure) throw failure;
}

/** The status of the answer to CONNECT; 0 without an answer, undefined when no tunnel is needed. */
async function statusOfTunnel(
  { proxyUrl }: ProxyOnTheWay,
  { hostname, port, tunnel }: ProxyTarget,
  caCerts: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const url = new URL(proxyUrl);
  const conn = await connect(url, caCerts, signal);
  let isOpen = true;
  const close = () => {
    if (isOpen) conn.close();
    isOpen = false;
  };
  using _closing = onAbort(signal, close);
  try {
    signal.throwIfAborted();
    if (!tunnel) return undefined;
    const at = `${hostname}:${port}`;
    const login = url.username === "" ? "" : `Proxy-Authorization: Basic ${loginOf(url)}\r\n`;
    const head = new TextEncoder().encode(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${login}\r\n`);
    for (let sent = 0; sent < head.length;) sent += await conn.write(head.subarray(sent));
    return await readStatus(conn);
  } finally {
    close();
  }
}

async function connect(
  { protocol, hostname, port }: URL,
  caCerts: readonly string[],
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const name = hostname.replace(/^\[(.*)\]$/, "$1");
  const isTls = protocol === "https:";
  const at = { hostname: name, port: Number(port || (isTls ? 443 : 80)), signal };
  const connecting: Promise<Deno.Conn> = isTls
    ? Deno.connectTls({ ...at, caCerts: [...caCerts] })
    : Deno.connect(at);
  try {
    return await abortable(connecting, signal);
  } catch (error) {
    void closeLate(connecting); // never rejects
    throw error;
  }
}

/** Closes a connection that is made after it was given up, as in Deno before 2.7. */
async function closeLate(connecting: Promise<Deno.Conn>): Promise<void> {
  try {
    (await connecting).close();
  } catch {
    // It was not made: nothing to close.
  }
}

async function readStatus(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(4096);
  let head = "";
  while (!/\r?\n\r?\n/.test(head) && head.length < HEAD_MAX_BYTES) {
    const count = await conn.read(buffer);
    if (count === null) break;
    head += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  const [, status] = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(head) ?? [];
  return Number(status ?? 0);
}

/** As a browser encodes it: `user:password` in UTF-8, then Base64. */
function loginOf({ username, password }: URL): string {
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return Buffer.from(login).toString("base64");
}
