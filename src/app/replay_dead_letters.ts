import type { FileDeps } from "./deps.ts";
import { ByteBuffer } from "../base/bytes.ts";
import type { Config } from "../config/config.ts";
import { Batch } from "../core/batch.ts";
import type { DeadLetterStore, StoredLetter } from "../dead_letters/dead_letter_store.ts";
import type { RefusedEvent } from "../hec/delivery_context.ts";
import type { Gzip } from "../core/gzip.ts";
import type { HecClient } from "../hec/hec_client.ts";
import { openHecClients } from "./hec_clients.ts";

/** Stands for the sources of all letters. */
const SOURCE = "dead letters";

/** How far a replay has come. */
interface ReplayProgress {
  readonly delivered: number;
  /** Refused again, and kept. */
  readonly refused: number;
  readonly total: number;
}

/** A letter that HEC refused again. */
interface RefusedAgain {
  readonly letter: StoredLetter;
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}

/** What is to be sent again. */
export interface ReplayJob {
  /** Where the letters are removed from. */
  readonly store: DeadLetterStore;
  readonly letters: Iterable<StoredLetter>;
  /** Number of letters, for the progress. */
  readonly total: number;
  /** Called after each request. */
  readonly onProgress: (progress: ReplayProgress, refused: readonly RefusedAgain[]) => void;
}

/**
 * Sends dead letters again, each in its identical envelope, and removes those that HEC accepts (and acknowledges, if
 * the token has that). One that is refused again stays. It may be interrupted, and run again, at any time: a letter is
 * removed only after it was accepted.
 * @throws the reason of `signal` when it aborts first.
 */
export async function replay(
  config: Config,
  deps: FileDeps,
  { store, letters, total, onProgress }: ReplayJob,
  signal: AbortSignal,
): Promise<ReplayProgress> {
  await using clients = openHecClients(deps);
  const hec = clients.of({ name: SOURCE, hec: config.hec });
  hec.addSource({
    source: SOURCE,
    fallbackIndex: undefined, // the envelope is sent unchanged
    // Every letter was refused before: there is no mapping to protect.
    guard: { maxRefusedPercent: 100, maxRefusedInARow: Infinity },
  });
  let progress: ReplayProgress = { delivered: 0, refused: 0, total };
  for (const part of parts(letters, config.hec.batch)) {
    const refused = await deliver(hec, { letters: part, gzip: config.hec.gzip }, signal);
    const kept = new Set(refused.map(({ letter }) => letter));
    store.remove(part.filter((letter) => !kept.has(letter)));
    progress = {
      delivered: progress.delivered + part.length - refused.length,
      refused: progress.refused + refused.length,
      total,
    };
    onProgress(progress, refused);
  }
  return progress;
}

async function deliver(
  hec: HecClient,
  { letters, gzip }: { letters: readonly StoredLetter[]; gzip: Gzip },
  signal: AbortSignal,
): Promise<RefusedAgain[]> {
  const batch = batchOf(letters, gzip);
  const refused: RefusedAgain[] = [];
  await hec.deliver(batch, {
    source: SOURCE,
    signal,
    park: ({ at, status, code, text }: RefusedEvent) => {
      refused.push({ letter: letters[at]!, status, code, text });
      return Promise.resolve(); // it is in its file already
    },
    placeOf: (at) => {
      const { source, shard, cursor } = letters[at]!.record;
      return `${source} shard ${shard} cursor ${cursor}`;
    },
  });
  return refused;
}

function batchOf(letters: readonly StoredLetter[], gzip: Gzip): Batch {
  const events = new ByteBuffer(1024);
  const ends: number[] = [];
  for (const { record } of letters) {
    events.append(new TextEncoder().encode(record.envelope));
    ends.push(events.length);
  }
  return new Batch(events.view(), ends, gzip);
}

/** Divides letters into requests, within the limits of a batch. */
function* parts(
  letters: Iterable<StoredLetter>,
  { maxBytes, maxEvents }: { maxBytes: number; maxEvents: number },
): Generator<StoredLetter[]> {
  let part: StoredLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = letter.record.envelope.length;
    if (part.length > 0 && (part.length >= maxEvents || bytes + size > maxBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(letter);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
