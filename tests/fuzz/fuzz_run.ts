import { seededFor } from "../support/seeded_random.ts";
import { mutate } from "./mutate.ts";
import type { FuzzTarget } from "./targets.ts";

/** One input may take this long before it counts as a hang. */
const HANG_MS = 5000;

/** An input that broke a promise, and how to get it again. */
export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly inputBase64: string;
  readonly error: unknown;
}

/** The input of a seed: a good one, changed a few times. */
export function inputOf(target: FuzzTarget, seed: number): Uint8Array {
  const random = seededFor(seed, target.name);
  let input = target.corpus[Math.floor(random() * target.corpus.length)]!;
  for (let rounds = Math.floor(random() * 4); rounds >= 0; rounds--) input = mutate(input, random);
  return input;
}

/** Runs one seed. @returns what went wrong, if anything did. */
export function fuzzOnce(target: FuzzTarget, seed: number): FuzzFailure | undefined {
  const input = inputOf(target, seed);
  const startMs = performance.now();
  let error: unknown;
  try {
    target.run(input, seededFor(seed, `${target.name} run`));
    const tookMs = performance.now() - startMs;
    if (tookMs < HANG_MS) return undefined;
    error = new Error(`it took ${tookMs.toFixed(0)} ms`);
  } catch (thrown) {
    error = thrown;
  }
  const inputBase64 = btoa(String.fromCharCode(...input.subarray(0, 10_000)));
  return { target: target.name, seed, inputBase64, error };
}
