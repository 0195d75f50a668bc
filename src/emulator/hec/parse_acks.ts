/**
 * The ids that a poll `{"acks":[0,1,5]}` asks for.
 *
 * @returns undefined if the body is anything else.
 */
export function parseAcks(body: Uint8Array): number[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null || !("acks" in value)) return undefined;
  const { acks } = value;
  if (!Array.isArray(acks)) return undefined;
  return acks.every((id) => Number.isSafeInteger(id) && id >= 0) ? acks as number[] : undefined;
}
