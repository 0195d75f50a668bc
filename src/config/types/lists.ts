import { z } from "zod";
import { showValue } from "../shown.ts";
import { type Scalar, typeNotes } from "../schema/declare.ts";

/** What a list of texts may be. */
export interface TextListRules {
  /** One text of it. */
  readonly item: Scalar<string>;
  /** One or two words for tables: `text or list`. */
  readonly kind: string;
  /** What may be written, to follow "expected": `a topic, or a list of topics`. */
  readonly expected: string;
  /** Most texts. */
  readonly max: number;
  /** The list may be empty. */
  readonly mayBeEmpty?: boolean;
}

/** A text, or a list of texts. */
export type TextList = z.ZodType<readonly string[], string | string[]>;

/** Declares a text, or a list of texts. */
export function textList(
  { item, kind, expected, max, mayBeEmpty = false }: TextListRules,
): TextList {
  const type = z.unknown().transform((given, context): readonly string[] => {
    const refuse = (message: string, path: number[] = []) => {
      context.issues.push({ code: "custom", message, path, input: given });
      return z.NEVER;
    };
    if (typeof given === "string") return texts([given], () => []);
    if (!Array.isArray(given)) return refuse(expected);
    if (given.length === 0 && !mayBeEmpty) return refuse(`${expected}, not an empty one`);
    if (given.length > max) return refuse(`${expected}, at most ${max}`);
    return texts(given, (at) => [at]);

    function texts(items: unknown[], pathOf: (at: number) => number[]): string[] {
      return items.flatMap((text, at) => {
        const parsed = item.safeParse(text);
        if (parsed.success) return [parsed.data];
        return refuse(parsed.error.issues[0]?.message ?? expected, pathOf(at));
      });
    }
  });
  const json = {
    anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, maxItems: max }],
  };
  typeNotes.set(type, { kind, expected, json, show: showValue });
  return type as z.ZodType as TextList;
}
