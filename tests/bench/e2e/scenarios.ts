import type { LoadKind } from "../../../src/emulator/load/load_logs.ts";

/** One way to run the whole program. */
export interface Scenario {
  readonly name: string;
  readonly kind: LoadKind;
  /** `hec.gzip`. */
  readonly gzip: boolean | "zlib";
  /** TLS on both sides. */
  readonly tls: boolean;
  readonly sources: number;
  /** Of each source. */
  readonly shards: number;
  readonly pageBytes: number;
  /** `workers`. */
  readonly workers: number;
  readonly maxBytesPerSec?: number;
  /** Pages are what came in a second and say that they reach the end, as for a program that keeps up. */
  readonly caughtUp?: boolean;
  /** The least ratio to the kernel that is aimed at. */
  readonly goal?: number;
}

const BASE = {
  kind: "nginx",
  gzip: true,
  tls: false,
  sources: 1,
  shards: 4,
  pageBytes: 4_000_000,
  workers: 0,
} as const;

export const SCENARIOS: readonly Scenario[] = [
  { ...BASE, name: "nginx", goal: 0.5 },
  { ...BASE, name: "actiontrail", kind: "actiontrail", goal: 0.6 },
  { ...BASE, name: "nginx plain", gzip: false, goal: 0.85 },
  { ...BASE, name: "actiontrail plain", kind: "actiontrail", gzip: false, goal: 0.8 },
  { ...BASE, name: "nginx zlib", gzip: "zlib" },
  { ...BASE, name: "nginx tls", tls: true, goal: 0.4 },
  { ...BASE, name: "actiontrail tls", kind: "actiontrail", tls: true },
  { ...BASE, name: "nginx tls plain", tls: true, gzip: false },
  { ...BASE, name: "shapes", kind: "shapes", goal: 0.3 },
  { ...BASE, name: "random ids", kind: "random", goal: 0.3 },
  { ...BASE, name: "1 shard", shards: 1 },
  { ...BASE, name: "64 shards", shards: 64 },
  { ...BASE, name: "256 shards", shards: 256 },
  { ...BASE, name: "32 sources", sources: 32, shards: 2 },
  { ...BASE, name: "one worker", workers: 1 },
  { ...BASE, name: "two workers", workers: 2 },
  { ...BASE, name: "steady 10 MB/s", pageBytes: 500_000, maxBytesPerSec: 10_000_000 },
  {
    ...BASE,
    name: "caught up 10 MB/s",
    pageBytes: 2_500_000,
    maxBytesPerSec: 10_000_000,
    caughtUp: true,
  },
];
