import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { frameMessages } from "../../src/emulator/core/sls/frame_messages.ts";
import type { LogGroup } from "../../src/emulator/core/sls/log_group.ts";
import type { Batch } from "../../src/core/batch.ts";
import type { OpenPage } from "../../src/pipeline/open_page.ts";
import { mappingOf } from "../core/short_mapping.ts";

/** A mapping that adds nothing to the logs. */
export const plainMapping = mappingOf({ eventFormat: "object", expandJson: {} });

/** A log group of one log a message. */
export function groupOf(...messages: string[]): LogGroup {
  return { logs: messages.map((msg) => ({ timeSec: 1_790_000_000, contents: [["msg", msg]] })) };
}

/** The LogGroupList that PullLogs answers. */
export function pageBytes(groups: readonly LogGroup[]): Uint8Array<ArrayBuffer> {
  return frameMessages(groups.map(encodeLogGroup));
}

/** SLS cursors are base64 of a decimal. */
export function cursorOf(number: number): string {
  return btoa(String(number));
}

/** A page in memory: the groups from cursor number `at` on. */
export function openPageOf(
  at: number,
  groups: readonly LogGroup[],
  over: Partial<OpenPage> = {},
): OpenPage {
  const body = over.body ?? pageBytes(groups);
  return {
    kind: "page",
    cursor: cursorOf(at),
    nextCursor: cursorOf(at + groups.length),
    groupCount: groups.length,
    body,
    isLz4: false,
    rawBytes: body.length,
    unfiltered: true,
    [Symbol.dispose]: () => {},
    ...over,
  };
}

/** The messages of a batch's events, in order. */
export function messagesOf(batch: Batch): string[] {
  return Array.from({ length: batch.count }, (_, at) => eventOf(batch, at).event.msg);
}

/** One event of a batch, as Splunk would read it. */
export function eventOf(
  batch: Batch,
  at: number,
): { event: { msg: string }; fields?: { sls_id: string } } {
  return JSON.parse(new TextDecoder().decode(batch.events(at, at + 1)));
}
