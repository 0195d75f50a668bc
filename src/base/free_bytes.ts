/**
 * Gives the memory of a buffer back at once: it is empty afterwards, and so is every view of it. Left to the
 * garbage collector, buffers that are made at full speed take tens of megabytes before they are collected.
 * What the runtime itself is still reading stays until it has read it.
 */
export function freeBytes({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.transfer(0);
}
