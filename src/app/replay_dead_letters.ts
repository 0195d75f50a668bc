import type { FileDeps } from "./deps.ts";
import { ByteBuffer } from "../base/bytes.ts";
import { sourceNamed } from "./listed_sources.ts";
import type { Config, HecConfig } from "../config/config.ts";
import { collectorsOf } from "../config/items.ts";
import { Batch } from "../core/batch.ts";
import type { DeadLetterStore, StoredLetter } from "../dead_letters/dead_letter_store.ts";
import type { RefusedEvent } from "../hec/delivery_context.ts";
import type { Gzip } from "../core/gzip.ts";
import type { HecClient } from "../hec/hec_client.ts";
import { type HecClients, openHecClients } from "./hec_clients.ts";

/** Stands for the sources of all letters. */
const SOURCE = "dead letters";

/** How far a replay has come. */
interface ReplayProgress {
  readonly delivered: number;
  /** Refused again, and kept. */
  readonly refused: number;
  readonly total: number;
}

/** A letter that is kept: HEC refused it again; with status 0 it was not sent. */
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
 * Sends dead letters again, each in its identical envelope and to the collector of its source, and removes those that HEC
 * accepts (and acknowledges, if the token has that). One that is refused again stays, as does one whose source is not
 * configured. It may be interrupted, and run again, at any time: a letter is removed only after it was accepted.
 * @throws the reason of `signal` when it aborts first.
 */
export async function replay(
  config: Config,
  deps: FileDeps,
  { store, letters, total, onProgress }: ReplayJob,
  signal: AbortSignal,
): Promise<ReplayProgress> {
  await using clients = openHecClients(deps);
  const ways = new LetterWays(config, clients);
  let progress: ReplayProgress = { delivered: 0, refused: 0, total };
  const count = (part: readonly StoredLetter[], refused: readonly RefusedAgain[]) => {
    progress = {
      delivered: progress.delivered + part.length - refused.length,
      refused: progress.refused + refused.length,
      total,
    };
    onProgress(progress, refused);
  };
  const send = async (way: LetterWay) => {
    const part = way.take();
    const refused = await deliver(way, part, signal);
    const kept = new Set(refused.map(({ letter }) => letter));
    store.remove(part.filter((letter) => !kept.has(letter)));
    count(part, refused);
  };
  for (const letter of letters) {
    const way = ways.of(letter.record.source);
    if (!way) {
      const text = `source ${letter.record.source} is not in the configuration`;
      count([letter], [{ letter, status: 0, code: undefined, text }]);
      continue;
    }
    if (!way.hasRoom(letter)) await send(way);
    way.add(letter);
  }
  for (const way of ways.all) if (way.size > 0) await send(way);
  return progress;
}

/** The collector that letters are sent to, and the next request to it. */
class LetterWay {
  readonly client: HecClient;
  /** Names the letters at the client. */
  readonly name: string;
  readonly gzip: Gzip;
  readonly #limits: HecConfig["batch"];
  #part: StoredLetter[] = [];
  #bytes = 0;

  constructor(client: HecClient, name: string, { batch, gzip }: HecConfig) {
    this.client = client;
    this.name = name;
    this.gzip = gzip;
    this.#limits = batch;
  }

  /** Number of letters in the next request. */
  get size(): number {
    return this.#part.length;
  }

  /** Whether a letter belongs into the next request; the first one does. */
  hasRoom({ record: { envelope } }: StoredLetter): boolean {
    const { maxBytes, maxEvents } = this.#limits;
    if (this.size === 0) return true;
    return this.size < maxEvents && this.#bytes + envelope.length <= maxBytes;
  }

  add(letter: StoredLetter): void {
    this.#part.push(letter);
    this.#bytes += letter.record.envelope.length;
  }

  /** The letters of the next request, which then begins empty. */
  take(): readonly StoredLetter[] {
    const part = this.#part;
    this.#part = [];
    this.#bytes = 0;
    return part;
  }
}

/** The ways of the letters of all sources. */
class LetterWays {
  readonly #config: Config;
  readonly #clients: HecClients;
  readonly #ways = new Map<HecConfig, LetterWay>();
  /** By source. */
  readonly #known = new Map<string, LetterWay | undefined>();

  constructor(config: Config, clients: HecClients) {
    this.#config = config;
    this.#clients = clients;
  }

  get all(): Iterable<LetterWay> {
    return this.#ways.values();
  }

  /** The way of a source's letters; undefined when it is not configured and several clients are. */
  of(source: string): LetterWay | undefined {
    if (this.#known.has(source)) return this.#known.get(source);
    const hec = sourceNamed(this.#config, source)?.hec ?? this.#onlyOne();
    const way = hec && (this.#ways.get(hec) ?? this.#open(hec));
    this.#known.set(source, way);
    return way;
  }

  /** Letters of a source that has another name now, or is gone, can go one way only. */
  #onlyOne(): HecConfig | undefined {
    const all = collectorsOf(this.#config);
    return all.every(({ clientId }) => clientId === all[0]?.clientId) ? all[0] : undefined;
  }

  #open(hec: HecConfig): LetterWay {
    const name = this.#ways.size === 0 ? SOURCE : `${SOURCE} (${hec.path})`;
    const client = this.#clients.of({ name, hec });
    client.addSource({
      source: name,
      fallbackIndex: undefined, // the envelope is sent unchanged
      // Every letter was refused before: there is no mapping to protect.
      guard: { maxRefusedPercent: 100, maxRefusedInARow: Infinity },
    });
    const way = new LetterWay(client, name, hec);
    this.#ways.set(hec, way);
    return way;
  }
}

async function deliver(
  { client, name, gzip }: LetterWay,
  letters: readonly StoredLetter[],
  signal: AbortSignal,
): Promise<RefusedAgain[]> {
  const batch = batchOf(letters, gzip);
  const refused: RefusedAgain[] = [];
  await client.deliver(batch, {
    source: name,
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
