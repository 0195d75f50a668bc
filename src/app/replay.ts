import type { FileDeps } from "./deps.ts";
import { ByteBuffer } from "../base/bytes.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config } from "../config/config.ts";
import { Batch } from "../core/batch.ts";
import type { DeadLetterStore, StoredLetter } from "../dead_letters/dead_letter_store.ts";
import type { RefusedEvent } from "../hec/refused_event.ts";
import type { Gzip } from "../core/gzip.ts";
import type { HecClient } from "../hec/hec_client.ts";
import { Route } from "../hec/route.ts";
import { makeHecClient } from "./open_hec.ts";
import { makeHecToken } from "./make_hec_token.ts";
import { makeHecTlsFiles } from "./make_tls_files.ts";

/** How far a replay has come. */
export interface ReplayProgress {
  readonly delivered: number;
  /** Refused again, and kept. */
  readonly refused: number;
  readonly total: number;
}

/** A letter that HEC refused again. */
export interface RefusedAgain {
  readonly letter: StoredLetter;
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}

/**
 * Sends dead letters again, each in its identical envelope, and removes those that HEC has taken (and
 * acknowledged, where the token has that). One that is refused again stays. May be interrupted, and run
 * again, at any time: a letter is removed only after it was taken.
 * @param total How many letters there are, for the progress.
 */
export async function replay(
  config: Config,
  deps: FileDeps,
  store: DeadLetterStore,
  letters: Iterable<StoredLetter>,
  total: number,
  signal: AbortSignal,
  onProgress: (progress: ReplayProgress, refused: readonly RefusedAgain[]) => void,
): Promise<ReplayProgress> {
  const hec = makeHecClient(
    config.hec,
    makeHecToken(config.hec.token, deps),
    makeHecTlsFiles(config.hec, deps),
    deps,
  );
  const route = new Route({
    source: "dead letters",
    fallbackIndex: undefined, // the envelope goes as it is
    // Every letter was refused before: there is no mapping to protect.
    guard: { maxRefusedPercent: 100, maxRefusedInARow: Infinity },
    telemetry: deps.telemetry,
  });
  const stop = new AbortController();
  await using tasks = new TaskGroup(stop.signal);
  tasks.spawn("hec", (signal) => hec.run(signal));
  let progress: ReplayProgress = { delivered: 0, refused: 0, total };
  try {
    for (const part of parts(letters, config.hec.batch)) {
      const refused = await deliver(hec, route, part, config.hec.gzip, signal);
      const kept = new Set(refused.map(({ letter }) => letter));
      store.remove(part.filter((letter) => !kept.has(letter)));
      progress = {
        ...progress,
        delivered: progress.delivered + part.length - refused.length,
        refused: progress.refused + refused.length,
      };
      onProgress(progress, refused);
    }
  } finally {
    stop.abort(new DOMException("The replay is over", "AbortError"));
  }
  return progress;
}

async function deliver(
  hec: HecClient,
  route: Route,
  letters: readonly StoredLetter[],
  gzip: Gzip,
  signal: AbortSignal,
): Promise<RefusedAgain[]> {
  const batch = batchOf(letters, gzip);
  const refused: RefusedAgain[] = [];
  await hec.deliver(batch, {
    route,
    signal,
    park: ({ at, status, code, text }: RefusedEvent) => {
      refused.push({ letter: letters[at]!, status, code, text });
      return Promise.resolve(); // it stands in its file already
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

/** Requests of letters, within the limits of a batch. */
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
