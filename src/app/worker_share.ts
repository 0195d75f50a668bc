import type { Config, SourceConfig } from "../config/config.ts";

/** Which of several workers one is. */
export interface WorkerPlace {
  /** From 0. */
  readonly index: number;
  readonly workers: number;
}

/** The configuration of one of several workers; the shares add up to the whole. */
export function shareOf(config: Config, workers: number): Config {
  return { ...config, memoryBudgetBytes: Math.floor(config.memoryBudgetBytes / workers) };
}

/** A source for one of several workers, with its share of the requests in flight; the shares add up to the whole. */
export function sourceShareOf(
  source: SourceConfig,
  { index, workers }: WorkerPlace,
): SourceConfig {
  const { maxConcurrentRequests: all } = source.hec;
  const maxConcurrentRequests = Math.floor(all / workers) + (index < all % workers ? 1 : 0);
  return { ...source, hec: { ...source.hec, maxConcurrentRequests } };
}
