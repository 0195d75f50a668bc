import { type Clock, systemClock } from "../../src/base/clock.ts";

/** A clock on which waits pass `speed` times as fast; wall time stays true, as servers check it. */
export function fastClock(speed: number): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs() * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}
