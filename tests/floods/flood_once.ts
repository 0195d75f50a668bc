import { WIRE_FLOODS } from "./flood_kinds.ts";

/** Answers one request with a flood. @returns the bytes that were sent before the other side closed. */
export async function floodOnce(listener: Deno.Listener, name: string): Promise<number> {
  using connection = await listener.accept();
  let sent = 0;
  try {
    await connection.read(new Uint8Array(65_536));
    await WIRE_FLOODS[name]!(async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const count = await connection.write(bytes.subarray(at));
        at += count;
        sent += count;
      }
    }, 0);
  } catch {
    // closed by the other side: what is tested
  }
  return sent;
}
