/** One function of V8's sampling profile, as called by its parent. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** A profile as V8 gives it. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** What a function belongs to. */
export type Part =
  | "core (Wasm)"
  | "this program"
  | "node:http and streams"
  | "fetch and streams of the web"
  | "garbage collection"
  | "native calls (sockets, copies)"
  | "runtime and other";

/** A frame of the call tree, with the time spent in it. */
export interface Frame {
  readonly name: string;
  readonly part: Part;
  selfUs: number;
  totalUs: number;
  readonly children: Frame[];
}

/** The tree of calls without the time in which nothing ran. */
export function callTree({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const frames = new Map<number, Frame>();
  for (const { id, callFrame } of nodes) {
    frames.set(id, {
      name: nameOf(callFrame),
      part: partOf(callFrame),
      selfUs: 0,
      totalUs: 0,
      children: [],
    });
  }
  // A sample stands for the time until the next one.
  for (const [i, id] of samples.entries()) frames.get(id)!.selfUs += timeDeltas[i + 1] ?? 0;
  for (const { id, children } of nodes) {
    const frame = frames.get(id)!;
    for (const child of children ?? []) {
      const called = frames.get(child)!;
      if (called.name !== "(idle)") frame.children.push(called);
    }
  }
  const root = frames.get(nodes[0]!.id)!;
  sumUp(root);
  return root;
}

function sumUp(frame: Frame): number {
  frame.totalUs = frame.selfUs;
  for (const child of frame.children) frame.totalUs += sumUp(child);
  frame.children.sort((a, b) => b.totalUs - a.totalUs);
  return frame.totalUs;
}

/** Time spent in each function itself, the most first. */
export function selfTimes(root: Frame): { name: string; part: Part; selfUs: number }[] {
  const byName = new Map<string, { name: string; part: Part; selfUs: number }>();
  const walk = ({ name, part, selfUs, children }: Frame) => {
    const known = byName.get(name) ?? { name, part, selfUs: 0 };
    known.selfUs += selfUs;
    byName.set(name, known);
    for (const child of children) walk(child);
  };
  walk(root);
  return [...byName.values()].filter(({ selfUs }) => selfUs > 0)
    .sort((a, b) => b.selfUs - a.selfUs);
}

function nameOf({ functionName, url, lineNumber }: ProfileNode["callFrame"]): string {
  const name = functionName.replace("assembly/", "") || "(anonymous)";
  if (url === "" || url.startsWith("wasm:")) return name;
  const file = url.replace(/^.*\/(src|tests)\//, "$1/").replace(/^ext:/, "");
  return `${name} ${file}${file.startsWith("src/") ? `:${lineNumber + 1}` : ""}`;
}

function partOf({ functionName, url }: ProfileNode["callFrame"]): Part {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url.startsWith("wasm:")) return "core (Wasm)";
  if (url.startsWith("file:")) return "this program";
  if (url === "" && !functionName.startsWith("(")) return "native calls (sockets, copies)";
  if (/^node:|deno_node|internal\/|^streams\//.test(url)) return "node:http and streams";
  if (/deno_fetch|deno_web|deno_webidl/.test(url)) return "fetch and streams of the web";
  return "runtime and other";
}
