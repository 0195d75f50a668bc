/** Events of a batch that go out together. */
export interface EventRange {
  /** Number of the first. */
  readonly from: number;
  /** One more than the number of the last. */
  readonly to: number;
  /** Index that they are sent to in place of their own. */
  readonly divertedTo?: string | undefined;
}

/** The first event by itself, and the others. */
export function firstAlone(range: EventRange): EventRange[] {
  const second = range.from + 1;
  return [{ ...range, to: second }, { ...range, from: second }];
}
