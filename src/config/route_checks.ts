import { globContains } from "../base/glob.ts";
import type { EventRoute } from "../core/event_values.ts";
import type { PartialOptions } from "./parse_options.ts";
import type { RawConfig } from "./read/raw_config.ts";
import type { OptionPath } from "./shown.ts";
import { isTemplate, type Template } from "./types/templates.ts";

/**
 * Checks of the values of events, and of those of routes.
 * @param report Takes the path of a wrong option, and what is expected there.
 */
export function checkEvents(
  raw: RawConfig,
  { file, hec }: PartialOptions,
  report: (path: OptionPath, expected: string) => void,
): void {
  file.sources?.forEach((source, at) => {
    const group = raw.groups.bySource[at]?.hec;
    const collectors = group && hec.get(group);
    const checkIndex = (path: OptionPath, index: Template | undefined) => {
      if (!isTemplate(index) || !collectors || "fallback_index" in group.tree) return;
      report(
        path,
        "hec.fallback_index beside an index that differs by log group: events with a name that Splunk refuses go there",
      );
    };
    checkIndex(["sources", at, "index"], source?.index);
    source?.routes?.forEach((route, number) => {
      const path = ["sources", at, "routes", number];
      checkIndex([...path, "index"], route?.index);
      const { topic: _topic, tag: _tag, drop, ...values } = route ?? {};
      if (drop && Object.values(values).some((value) => value !== undefined)) {
        report([...path, "drop"], "drop alone, beside topic and tag: dropped logs have no values");
      }
    });
  });
}

/** When a route applies. */
export type RouteConditions = {
  readonly [K in "topic" | "tag"]?: EventRoute[K] | undefined;
};

/**
 * For each route the first one before it that takes all of its log groups; undefined where it may get some itself. A
 * route whose log groups are taken by several others together is not found.
 */
export function takenBy(routes: readonly RouteConditions[]): (number | undefined)[] {
  return routes.map((route, at) => {
    const before = routes.findIndex((earlier) => matchesAllOf(earlier, route));
    return before < at ? before : undefined;
  });
}

function matchesAllOf(earlier: RouteConditions, route: RouteConditions): boolean {
  const topics = route.topic ?? ["*"];
  if (earlier.topic && !containsAll(earlier.topic, topics)) return false;
  return Object.entries(earlier.tag ?? {}).every(([name, texts]) => {
    const others = route.tag?.[name];
    return others !== undefined && containsAll(texts, others);
  });
}

function containsAll(patterns: readonly string[], others: readonly string[]): boolean {
  return others.every((other) => patterns.some((pattern) => globContains(pattern, other)));
}
