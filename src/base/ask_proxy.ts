import { Buffer } from "node:buffer";
import { abortable } from "./on_abort.ts";
import type { Clock } from "./clock.ts";
import { brokenOff, explainTunnel, notReached, type ProxyOnTheWay } from "./proxy_failure.ts";
import { describeError } from "./errors.ts";
import { TimedOut, withTimeout } from "./timeout.ts";

/** A proxy that takes longer does not answer. */
const TIMEOUT_MS = 15_000;
/** Longest head of an answer. */
const HEAD_MAX_BYTES = 64 * 1024;

/** What is to be reached through a proxy. */
export interface ProxyTarget {
  readonly hostname: string;
  readonly port: number;
  /** Whether a tunnel is needed, as for TLS; else the proxy is given the whole request. */
  readonly tunnel: boolean;
}

/**
 * Asks a proxy for a tunnel, and closes it: `fetch` does not tell what a proxy answers, nor whether it is the proxy that
 * stays silent. For a proxy of http or https; of socks, `fetch` tells enough.
 * @param caCerts Authorities that may certify a proxy of https, besides the public ones.
 * @throws {ProxyFailure}, or an error that says what the proxy cannot reach, or the reason of `signal`.
 */
export async function askProxy(
  proxy: ProxyOnTheWay,
  target: ProxyTarget,
  caCerts: readonly string[],
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
      (limit) => {
        return statusOfTunnel(proxy, target, caCerts, limit);
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TimedOut) {
      throw notReached(proxy, `no answer within ${TIMEOUT_MS / 1000} s`, error);
    }
    // A certificate that is not trusted is told by who makes the request.
    if (protocol === "https:") return;
    throw notReached(proxy, describeError(error), error);
  }
  if (status === undefined) return;
  if (status === 0) throw brokenOff(proxy);
  const failure = explainTunnel(status, proxy, `${target.hostname}:${target.port}`);
  if (failure) throw failure;
}

/** Status of the answer to CONNECT; 0 when there is none, undefined when no tunnel is needed. */
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
  signal.addEventListener("abort", close, { once: true });
  try {
    signal.throwIfAborted();
    if (!tunnel) return undefined;
    const at = `${hostname}:${port}`;
    const login = url.username === "" ? "" : `Proxy-Authorization: Basic ${loginOf(url)}\r\n`;
    const head = new TextEncoder().encode(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${login}\r\n`);
    for (let sent = 0; sent < head.length;) sent += await conn.write(head.subarray(sent));
    return await readStatus(conn);
  } finally {
    signal.removeEventListener("abort", close);
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
    closeLate(connecting);
    throw error;
  }
}

/** Closes a connection that is made after all, which Deno before 2.7 does not give up. */
async function closeLate(connecting: Promise<Deno.Conn>): Promise<void> {
  try {
    (await connecting).close();
  } catch {
    // It is not made, as is wanted.
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

/** As a browser codes it: `user:password` in UTF-8 as Base64. */
function loginOf({ username, password }: URL): string {
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return Buffer.from(login).toString("base64");
}
