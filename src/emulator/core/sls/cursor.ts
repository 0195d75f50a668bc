/**
 * The text of a cursor: standard base64, padding included, of an ASCII decimal, as in
 * `MTQ0NzMyOTQwMTEwMjEzMDkwNA==` for 1447329401102130904 (the vendor's Go SDK).
 */
export function encodeCursor(value: bigint): string {
  return btoa(value.toString());
}

/**
 * The number in a cursor, or undefined if the text is not a cursor.
 *
 * Unpadded text and a line feed at the end are accepted: the vendor's Python SDK sends the latter
 * when it asks for the time of a position that it computed itself.
 */
export function decodeCursor(text: string): bigint | undefined {
  const decimal = decodeBase64Text(text.trim());
  return decimal !== undefined && /^\d{1,20}$/.test(decimal) ? BigInt(decimal) : undefined;
}

/** Whether a text is base64, padded or not. Empty text is. */
export function isBase64(text: string): boolean {
  return decodeBase64Text(text.trim()) !== undefined;
}

function decodeBase64Text(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined; // `atob` fails only for text that is not base64
  }
}
