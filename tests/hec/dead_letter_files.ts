import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import type { DeadLetter, DeadLetterRecord } from "../../src/dead_letters/dead_letter.ts";
import { DeadLetterFolder } from "../../src/dead_letters/dead_letter_folder.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A letter whose event has this id. */
export function letter(id: string, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    source: "p/l",
    shard: 3,
    cursor: "MTAw",
    indexInPage: 7,
    reason: "refused",
    status: 400,
    code: 6,
    text: "Invalid data format",
    envelope: new TextEncoder().encode(`{"time":1,"event":{"id":"${id}"}}`),
    ...more,
  };
}

export interface Parts {
  /** Where the letters go; it does not exist yet. */
  readonly path: string;
  readonly clock: FakeClock;
  readonly telemetry: TelemetryEvent[];
  readonly folder: DeadLetterFolder;
  /** Files of letters, in the order of their names, each as its records. */
  readonly files: () => DeadLetterRecord[][];
}

/** Runs a test with a folder that does not exist yet, and removes it. */
export async function withFolder(
  test: (parts: Parts) => Promise<void>,
  maxBytes = 1_000_000,
): Promise<void> {
  const parent = await Deno.makeTempDir();
  const path = `${parent}/made/when needed`;
  const clock = new FakeClock();
  const telemetry: TelemetryEvent[] = [];
  try {
    await using folder = new DeadLetterFolder({
      clock,
      random: () => 0.5,
      telemetry: (event) => telemetry.push(event),
    }, { folder: path, maxBytes });
    await test({ path, clock, telemetry, folder, files: () => namesIn(path).map(recordsIn) });
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

/** Paths of what a folder holds, sorted. */
export function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`).sort();
}

/** The letters of a file whose last line is whole. */
export function recordsIn(file: string): DeadLetterRecord[] {
  const text = Deno.readTextFileSync(file);
  assert.ok(text === "" || text.endsWith("\n"), "the last line is torn");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

export const ids = (records: readonly DeadLetterRecord[]) =>
  records.map(({ envelope }) => JSON.parse(envelope).event.id);
