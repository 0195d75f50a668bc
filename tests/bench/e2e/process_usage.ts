const CLOCK_TICKS_PER_SEC = 100;

/** User and system time of a process so far, from the operating system (Linux). */
export function cpuSecOf(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SEC;
}

/** Resident memory of a process in megabytes: now, and the most so far. */
export function residentMb(pid: number): { now: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1000;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}
