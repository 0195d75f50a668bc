/** Options as declared, but those that are computed or not needed any more. */
export function without<T extends object, K extends keyof T>(
  options: T,
  ...names: K[]
): Omit<T, K> {
  const entries = Object.entries(options).filter(([name]) => !names.includes(name as K));
  return Object.fromEntries(entries) as Omit<T, K>;
}

/** What the cross checks have ensured. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new TypeError("Cannot build the configuration: it was not checked");
  }
  return value;
}
