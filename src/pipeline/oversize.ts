import { truncateEvent } from "../core/truncate_event.ts";
import type { UnsendableEvent } from "./page_transcoder.ts";
import type { SourceContext } from "./source_context.ts";

/**
 * Decides by `hec.oversize` about an event that cannot be sent as it is: one that is too large may be cut, which is
 * reported.
 * @param place The shard and the page's cursor.
 * @returns the event to send in its place; undefined when it must be parked, as a malformed log always is.
 */
export function cutOversize(
  { name, env, batches: { oversize, maxEventBytes } }: SourceContext,
  { kind, envelope, why }: UnsendableEvent,
  { shard, cursor }: { readonly shard: number; readonly cursor: string },
): Uint8Array | undefined {
  if (kind !== "oversize" || oversize !== "truncate") return undefined;
  const shorter = truncateEvent(envelope, maxEventBytes);
  if (!shorter) return undefined;
  env.telemetry({
    type: "trouble",
    about: `${name}: events that are too large`,
    message: `Cannot send an event of ${envelope.length} bytes at ${name} shard ${shard} cursor ` +
      `${cursor} as it is: ${why}; it is cut and marked with sls2hec_truncated`,
    hint: "Splunk's own limit is maxEventSize, 5 MB; hec.oversize: park keeps such events whole",
    retryInMs: 0,
    source: name,
    shard,
  });
  return shorter;
}
