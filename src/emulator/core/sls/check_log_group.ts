import { BYTES, FIXED32, VARINT, WireError, WireReader } from "./wire_reader.ts";

/**
 * Checks that bytes are a LogGroup as `log.proto` defines it: known fields of the right type, no
 * required field missing. Unknown fields are allowed.
 *
 * @returns the number of its logs.
 * @throws {WireError} otherwise.
 */
export function checkLogGroup(bytes: Uint8Array): number {
  let logs = 0;
  const fields = new WireReader(bytes);
  while (fields.next()) {
    if (fields.field > 6) continue;
    expectType(fields, BYTES);
    if (fields.field === 1) {
      checkLog(fields.message());
      logs++;
    }
    if (fields.field === 6) checkPair(fields.message(), "a tag");
  }
  return logs;
}

function checkLog(fields: WireReader): void {
  let timed = false;
  while (fields.next()) {
    if (fields.field === 1) {
      expectType(fields, VARINT);
      timed = true;
    } else if (fields.field === 2) {
      expectType(fields, BYTES);
      checkPair(fields.message(), "a content");
    } else if (fields.field === 4) {
      expectType(fields, FIXED32);
    }
  }
  if (!timed) throw new WireError("a log has no Time");
}

function checkPair(fields: WireReader, what: string): void {
  let found = 0;
  while (fields.next()) {
    if (fields.field > 2) continue;
    expectType(fields, BYTES);
    found |= fields.field;
  }
  if (found !== 3) throw new WireError(`${what} lacks Key or Value`);
}

function expectType(fields: WireReader, type: number): void {
  if (fields.type !== type) {
    throw new WireError(`field ${fields.field} has wire type ${fields.type} instead of ${type}`);
  }
}
