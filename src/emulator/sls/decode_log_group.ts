import type { Log, LogGroup } from "../core/sls/log_group.ts";
import { BYTES, FIXED32, VARINT, WireError, WireReader } from "../core/sls/wire_reader.ts";

/**
 * Decodes a log group, with values as text (bytes that are not UTF-8 become U+FFFD). Only for tests
 * and their oracles.
 *
 * @throws {WireError} if it is malformed or a required field is missing.
 */
export function decodeLogGroup(bytes: Uint8Array): LogGroup {
  const logs: Log[] = [];
  const tags: [string, string][] = [];
  let topic: string | undefined;
  let source: string | undefined;
  const fields = new WireReader(bytes);
  while (fields.next()) {
    if (fields.type !== BYTES) continue;
    if (fields.field === 1) logs.push(decodeLog(fields.message()));
    if (fields.field === 3) topic = fields.text();
    if (fields.field === 4) source = fields.text();
    if (fields.field === 6) tags.push(decodePair(fields.message()));
  }
  return {
    ...(topic !== undefined ? { topic } : {}),
    ...(source !== undefined ? { source } : {}),
    tags,
    logs,
  };
}

/** The log groups of a LogGroupList, as PullLogs answers it. */
export function decodeLogGroupList(bytes: Uint8Array): LogGroup[] {
  const groups: LogGroup[] = [];
  const fields = new WireReader(bytes);
  while (fields.next()) {
    if (fields.field === 1 && fields.type === BYTES) groups.push(decodeLogGroup(fields.value()));
  }
  return groups;
}

function decodeLog(fields: WireReader): Log {
  const contents: [string, string][] = [];
  let timeSec: number | undefined;
  let timeNs: number | undefined;
  while (fields.next()) {
    if (fields.field === 1 && fields.type === VARINT) timeSec = fields.varint;
    if (fields.field === 2 && fields.type === BYTES) contents.push(decodePair(fields.message()));
    if (fields.field === 4 && fields.type === FIXED32) timeNs = fields.fixed32();
  }
  if (timeSec === undefined) throw new WireError("a log has no Time");
  return { timeSec, ...(timeNs !== undefined ? { timeNs } : {}), contents };
}

function decodePair(fields: WireReader): [string, string] {
  let key: string | undefined;
  let value: string | undefined;
  while (fields.next()) {
    if (fields.type !== BYTES) continue;
    if (fields.field === 1) key = fields.text();
    if (fields.field === 2) value = fields.text();
  }
  if (key === undefined || value === undefined) throw new WireError("a pair lacks Key or Value");
  return [key, value];
}
