import { concatBytes } from "../../base/bytes.ts";
import type { QueryResult } from "../core/sls/read_page.ts";
import { frameMessages } from "../core/sls/frame_messages.ts";
import type { SplStage, SplTest, SplValue } from "./spl.ts";
import { encodeContent } from "../core/sls/encode_log_group.ts";
import { BYTES, VARINT, WireReader } from "../core/sls/wire_reader.ts";

/** A row fails when a text that must be a number is not one. */
class RowFailed extends Error {}

interface Content {
  readonly key: string;
  readonly value: string;
  /** The encoded field. */
  readonly bytes: Uint8Array;
}

/** One log with its remaining contents. */
interface Row {
  readonly timeSec: number;
  contents: Content[];
  changed: boolean;
}

/** Runs a query over one encoded log group. Fields that are not changed keep their bytes. */
export function runSpl(stages: readonly SplStage[], bytes: Uint8Array): QueryResult {
  const header = readHeader(bytes);
  const parts: Uint8Array[] = [];
  let lines = 0, resultLines = 0, failedLines = 0;
  const fields = new WireReader(bytes);
  while (fields.next()) {
    const whole = bytes.subarray(fields.start, fields.end);
    if (fields.field !== 1 || fields.type !== BYTES) {
      parts.push(whole);
      continue;
    }
    lines++;
    try {
      const row = readRow(fields.message());
      if (!stages.every((stage) => runStage(stage, row, header))) continue;
      resultLines++;
      parts.push(row.changed ? encodeRow(fields, row) : whole);
    } catch (error) {
      if (!(error instanceof RowFailed)) throw error;
      failedLines++;
    }
  }
  const group = resultLines > 0 ? concatBytes(parts) : undefined;
  return { group, lines, resultLines, failedLines };
}

/** The fields that all logs of a group share, by the names that readers see. */
function readHeader(bytes: Uint8Array): Map<string, string> {
  const header = new Map([["__topic__", ""], ["__source__", ""]]);
  const fields = new WireReader(bytes);
  while (fields.next()) {
    if (fields.type !== BYTES) continue;
    if (fields.field === 3) header.set("__topic__", fields.text());
    if (fields.field === 4) header.set("__source__", fields.text());
    if (fields.field === 6) {
      const { key, value } = readPair(fields.message());
      header.set(`__tag__:${key}`, value);
    }
  }
  return header;
}

function readRow(fields: WireReader): Row {
  const row: Row = { timeSec: 0, contents: [], changed: false };
  let timeSec = 0;
  while (fields.next()) {
    if (fields.field === 1 && fields.type === VARINT) timeSec = fields.varint;
    if (fields.field === 2 && fields.type === BYTES) {
      const bytes = fields.bytes.subarray(fields.start, fields.end);
      row.contents.push({ ...readPair(fields.message()), bytes });
    }
  }
  return { ...row, timeSec };
}

function readPair(fields: WireReader): { key: string; value: string } {
  let key = "", value = "";
  while (fields.next()) {
    if (fields.field === 1) key = fields.text();
    if (fields.field === 2) value = fields.text();
  }
  return { key, value };
}

/**
 * @returns whether the row is kept.
 */
function runStage(stage: SplStage, row: Row, header: ReadonlyMap<string, string>): boolean {
  if (stage.do === "where") return holds(stage.test, row, header);
  row.changed = true;
  switch (stage.do) {
    case "project":
      row.contents = stage.fields.flatMap((field) =>
        row.contents.filter(({ key }) => key === field)
      );
      break;
    case "project-away":
      row.contents = row.contents.filter(({ key }) => !stage.fields.includes(key));
      break;
    case "extend":
      for (const { field, value } of stage.fields) extend(row, field, valueOf(value, row, header));
  }
  return true;
}

/** Sets a field, at its old position if it exists; no value removes it, like NULL. */
function extend(row: Row, key: string, value: string | bigint | undefined): void {
  const at = row.contents.findIndex((content) => content.key === key);
  const others = row.contents.filter((content) => content.key !== key);
  if (value !== undefined) {
    const text = String(value);
    const content = { key, value: text, bytes: encodeContent(key, text) };
    others.splice(at < 0 ? others.length : at, 0, content);
  }
  row.contents = others;
}

/** A missing field makes any comparison false, like NULL. */
function holds(test: SplTest, row: Row, header: ReadonlyMap<string, string>): boolean {
  if (test.kind === "and") return test.tests.every((one) => holds(one, row, header));
  if (test.kind === "or") return test.tests.some((one) => holds(one, row, header));
  const left = valueOf(test.left, row, header);
  if (left === undefined) return false;
  if (test.kind === "like") return isLike(String(left), test.pattern);
  if (test.kind === "in") {
    return test.values.some((value) => valueOf(value, row, header) === left);
  }
  const right = valueOf(test.right, row, header);
  if (right === undefined) return false;
  switch (test.operator) {
    case "=":
      return left === right;
    case "!=":
      return left !== right;
    case ">":
      return left > right;
    case "<":
      return left < right;
    case ">=":
      return left >= right;
    case "<=":
      return left <= right;
  }
}

/**
 * @returns undefined for a field that the row does not have.
 */
function valueOf(
  value: SplValue,
  row: Row,
  header: ReadonlyMap<string, string>,
): string | bigint | undefined {
  if (value.kind === "text") return value.text;
  if (value.kind === "number") return value.number;
  if (value.field === "__time__") return BigInt(row.timeSec);
  const text = row.contents.findLast(({ key }) => key === value.field)?.value ??
    header.get(value.field);
  return text === undefined || value.kind === "field" ? text : castBigint(text);
}

/** `%` matches any text, `_` one character. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replaceAll("%", ".*").replaceAll("_", ".");
  return new RegExp(`^${source}$`, "su").test(text);
}

function castBigint(text: string): bigint {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new RowFailed();
  return BigInt(text.replace("+", ""));
}

/** The log with its remaining contents; its other fields keep their bytes and their order. */
function encodeRow(log: WireReader, row: Row): Uint8Array {
  const { bytes } = log;
  const before: Uint8Array[] = [];
  const after: Uint8Array[] = [];
  const fields = log.message();
  while (fields.next()) {
    if (fields.field === 2) continue;
    (fields.field < 2 ? before : after).push(bytes.subarray(fields.start, fields.end));
  }
  const contents = row.contents.map(({ bytes }) => bytes);
  return frameMessages([concatBytes([...before, ...contents, ...after])]);
}
