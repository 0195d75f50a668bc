/**
 * A hostile server in front of a good one, as a separate process: requests whose line matches are answered by a
 * flood, others go to the server behind. Prints its port; then, for each line of standard input, what it has seen.
 * Arguments: side, name of the flood, port behind.
 */
import { type Flood, WIRE_FLOODS } from "./flood_kinds.ts";
import type { FloodCounts } from "./flood_process.ts";
import { VALUE_FLOODS, WIRE_ANSWERS } from "./value_floods.ts";

const [side = "", name = "", portBehind = ""] = Deno.args;
const { answers, flood } = floodOf(side as "sls" | "hec", name);
const counts: FloodCounts = { largestHead: 0, flooded: 0, connections: 0, mostConnections: 0 };

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((listener.addr as Deno.NetAddr).port);
void tellWhenAsked(); // ends this process
let open = 0;
for await (const connection of listener) {
  counts.connections++;
  counts.mostConnections = Math.max(counts.mostConnections, ++open);
  serve(connection).catch(() => {}).finally(() => open--);
}

function floodOf(side: "sls" | "hec", name: string): { answers: RegExp; flood: Flood } {
  const wire = WIRE_FLOODS[name];
  const flood = wire ? { answers: WIRE_ANSWERS[side], flood: wire } : VALUE_FLOODS[name];
  if (!flood) throw new Error(`There is no flood "${name}"`);
  return flood;
}

async function tellWhenAsked(): Promise<void> {
  for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(counts));
  Deno.exit();
}

/** One request a connection: what the good server answers closes it. */
async function serve(connection: Deno.TcpConn): Promise<void> {
  using _ = connection;
  for (;;) {
    const request = await readRequest(connection);
    if (!request) return;
    counts.largestHead = Math.max(counts.largestHead, request.head.length);
    if (!answers.test(request.head)) return await passOn(request, connection);
    await readBody(request, connection);
    await flood((bytes) => writeAll(connection, bytes), counts.flooded++);
  }
}

interface Request {
  readonly head: string;
  /** What came of the body together with the head. */
  readonly rest: Uint8Array;
}

async function readRequest(connection: Deno.TcpConn): Promise<Request | undefined> {
  const buffer = new Uint8Array(16 * 1024 * 1024);
  for (let length = 0; length < buffer.length;) {
    const count = await connection.read(buffer.subarray(length));
    if (count === null) return undefined;
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    return { head: text.slice(0, end + 4), rest: buffer.slice(end + 4, length) };
  }
  return undefined;
}

async function readBody({ head, rest }: Request, connection: Deno.TcpConn): Promise<void> {
  let left = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0) - rest.length;
  const buffer = new Uint8Array(65_536);
  while (left > 0) left -= await connection.read(buffer) ?? left;
}

async function passOn({ head, rest }: Request, connection: Deno.TcpConn): Promise<void> {
  using behind = await Deno.connect({ hostname: "127.0.0.1", port: Number(portBehind) });
  const closing = head.replace(/connection: keep-alive\r\n/i, "").replace(
    "\r\n\r\n",
    "\r\nconnection: close\r\n\r\n",
  );
  await writeAll(behind, Uint8Array.from(closing, (char) => char.charCodeAt(0)));
  await writeAll(behind, rest);
  const there = connection.readable.pipeTo(behind.writable, { preventCancel: true })
    .catch(() => {});
  await behind.readable.pipeTo(connection.writable);
  await there;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
