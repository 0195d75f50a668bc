import { encodeLogGroup } from "../core/sls/encode_log_group.ts";
import { encodeLz4Block } from "../core/sls/encode_lz4_block.ts";
import { frameMessages } from "../core/sls/frame_messages.ts";
import { type LoadKind, loadLogGroup } from "./load_logs.ts";

const LOGS_PER_GROUP = 100;
const TIME_SEC = 1_759_739_400;

/** A prepared page that is served again and again. */
export interface LoadPage {
  /** One lz4 block. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The LogGroupList that it holds. */
  readonly raw: Uint8Array<ArrayBuffer>;
  readonly groups: number;
  readonly logs: number;
}

/** The number of log groups in a page of about `rawBytes`. */
export function groupsFor(kind: LoadKind, rawBytes: number, random: () => number): number {
  const { length } = encodeLogGroup(loadLogGroup(kind, LOGS_PER_GROUP, TIME_SEC, random));
  return Math.ceil(rawBytes / length);
}

export function makeLoadPage(kind: LoadKind, groups: number, random: () => number): LoadPage {
  const raw = frameMessages(
    Array.from(
      { length: groups },
      () => encodeLogGroup(loadLogGroup(kind, LOGS_PER_GROUP, TIME_SEC, random)),
    ),
  );
  return { body: encodeLz4Block(raw), raw, groups, logs: groups * LOGS_PER_GROUP };
}
