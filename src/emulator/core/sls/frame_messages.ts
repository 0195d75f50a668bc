const TAG_OF_FIELD_1 = 0x0a;

/**
 * Writes messages as a repeated field 1: log groups as the LogGroupList of PullLogs, or logs as in
 * their group.
 */
export function frameMessages(messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(messages.reduce((sum, { length }) => sum + framedBytes(length), 0));
  let at = 0;
  for (const message of messages) {
    framed[at++] = TAG_OF_FIELD_1;
    let length = message.length;
    for (; length > 0x7f; length >>>= 7) framed[at++] = length & 0x7f | 0x80;
    framed[at++] = length;
    framed.set(message, at);
    at += message.length;
  }
  return framed;
}

/** Bytes of a message of this length with its frame. */
export function framedBytes(length: number): number {
  let bytes = 2 + length;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}
