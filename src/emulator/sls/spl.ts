/** One side of a comparison, or the value of an `extend`. */
export type SplValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: bigint }
  | { readonly kind: "field"; readonly field: string }
  /** The field's text as an integer; a row whose text is not one fails. */
  | { readonly kind: "bigint"; readonly field: string };

export type SplOperator = "=" | "!=" | ">" | "<" | ">=" | "<=";

/** A condition of a `where` stage. Any comparison with a missing field is false. */
export type SplTest =
  | {
    readonly kind: "compare";
    readonly left: SplValue;
    readonly operator: SplOperator;
    readonly right: SplValue;
  }
  | { readonly kind: "in"; readonly left: SplValue; readonly values: readonly SplValue[] }
  | { readonly kind: "like"; readonly left: SplValue; readonly pattern: string }
  | { readonly kind: "and"; readonly tests: readonly SplTest[] }
  | { readonly kind: "or"; readonly tests: readonly SplTest[] };

/** One stage after the leading `*`. */
export type SplStage =
  | { readonly do: "where"; readonly test: SplTest }
  | { readonly do: "project" | "project-away"; readonly fields: readonly string[] }
  | {
    readonly do: "extend";
    readonly fields: readonly { readonly field: string; readonly value: SplValue }[];
  };
