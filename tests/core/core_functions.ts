import type { CoreExports } from "../../src/core/core_exports.ts";
import { module } from "../../src/core/core_module.js";

/** An instance of the core whose functions can be called on their own. */
export const functions = new WebAssembly.Instance(module).exports as unknown as CoreExports;

/** Where tests may write, with room for a number of bytes. */
export function scratch(bytes: number): Uint8Array<ArrayBuffer> {
  const start = functions.regionsStart();
  const { memory } = functions;
  const missing = start + bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  return new Uint8Array(memory.buffer as ArrayBuffer, start, bytes);
}
