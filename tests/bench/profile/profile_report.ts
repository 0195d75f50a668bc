import { type Part, selfTimes } from "./profile.ts";
import type { ProfiledRun } from "./run_profiled.ts";

/** Functions with less of the time are summed up. */
const MIN_SHARE = 0.004;

/** The page of the profiles, in Markdown. */
export function profileReport(runs: readonly ProfiledRun[]): string {
  return [
    "# Where the time goes",
    "",
    "<!-- Written by `deno task bench:profile`. -->",
    "",
    ...runs.map(({ name }) => `- [${name}](#${anchorOf(name)})`),
    "",
    "V8's sampling profiler on the main thread of the program, without workers, between load servers in",
    "another process on loopback, without TLS. Times are those spent in a function itself, in percent of",
    "the time in which the thread was busy; functions of the core are named as in `src/core/assembly`.",
    "What the kernel does for a function, such as copying to a socket in `writev`, counts as that",
    "function's own. Sampling slows the thread down: for speed see `deno task bench`.",
    `The flame graph shows \`${runs[0]!.name}\`:`,
    "",
    "![flame graph](profile.svg)",
    ...runs.flatMap(section),
    "",
  ].join("\n");
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-");
}

function section({ name, root, seconds, rawMbPerSec }: ProfiledRun): string[] {
  const busyUs = root.totalUs;
  const times = selfTimes(root);
  const percent = (us: number) => (us / busyUs * 100).toFixed(1);
  const parts = new Map<Part, number>();
  for (const { part, selfUs } of times) parts.set(part, (parts.get(part) ?? 0) + selfUs);
  const shown = times.filter(({ selfUs }) => selfUs >= busyUs * MIN_SHARE);
  const restUs = busyUs - shown.reduce((sum, { selfUs }) => sum + selfUs, 0);
  const perMb = (us: number) => (us / 1000 / (rawMbPerSec * seconds)).toFixed(2);
  return [
    "",
    `## ${name}`,
    "",
    `${rawMbPerSec.toFixed(0)} raw MB per second; the thread was busy for ` +
    `${(busyUs / 1e6 / seconds * 100).toFixed(0)} % of ${seconds} s.`,
    "",
    "| Part | % of the time | ms per raw MB |",
    "| --- | ---: | ---: |",
    ...[...parts].sort(([, a], [, b]) => b - a).map(([part, us]) =>
      `| ${part} | ${percent(us)} | ${perMb(us)} |`
    ),
    "",
    "| Function | Part | % of the time |",
    "| --- | --- | ---: |",
    ...shown.map(({ name, part, selfUs }) => `| \`${name}\` | ${part} | ${percent(selfUs)} |`),
    `| ${times.length - shown.length} others | | ${percent(restUs)} |`,
  ];
}
