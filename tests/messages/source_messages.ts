/** Two words after each other: what a person reads, unlike a name, a path or a header. */
const WORDS = /[A-Za-z]{2,}[,;:.]? \(?[A-Za-z]{2,}/;

/**
 * Finds the texts of a source file that people may read: every string of at least two words, joined to the strings and
 * templates that it is part of. What is only known at run time is shown by its name in braces, alternatives as `{a|b}`.
 *
 * Works in `deno test` only, by the linter's syntax tree.
 *
 * @returns each text once, sorted.
 */
export function messagesIn(source: string): string[] {
  const found = new Set<string>();
  const visit = (node: Deno.lint.Node) => {
    if (node.type === "Literal" && typeof node.value !== "string") return;
    if (isPart(node)) return; // shown with the text around it
    const text = render(node);
    if (WORDS.test(text.replaceAll(/\{[\w.…]*\}/g, ""))) found.add(text);
  };
  Deno.lint.runPlugin(
    {
      name: "messages",
      rules: {
        collect: {
          create: () => ({ Literal: visit, TemplateLiteral: visit, BinaryExpression: visit }),
        },
      },
    },
    "source.ts",
    source,
  );
  return [...found].sort();
}

/** Whether a node belongs to the text of another one, or to no text at all. */
function isPart(node: Deno.lint.Node): boolean {
  let at = node;
  for (;;) {
    const { parent } = at as { parent?: Deno.lint.Node };
    if (!parent) return false;
    if (parent.type === "TSLiteralType") return true;
    if (parent.type === "CallExpression" && nameOf(parent.callee) === "spawn") return true;
    if (parent.type === "TemplateLiteral" || isJoin(parent)) return true;
    const isAlternative = parent.type === "ConditionalExpression" && parent.test !== at ||
      parent.type === "LogicalExpression";
    if (!isAlternative) return false;
    at = parent;
  }
}

function isJoin(node: Deno.lint.Node): boolean {
  return node.type === "BinaryExpression" && node.operator === "+";
}

function render(node: Deno.lint.Node): string {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : `{${node.raw}}`;
    case "TemplateLiteral":
      return node.quasis.map(({ cooked }, i) => {
        const hole = node.expressions[i];
        return cooked + (hole ? render(hole) : "");
      }).join("");
    case "BinaryExpression":
      return isJoin(node) ? render(node.left) + render(node.right) : "{…}";
    case "ConditionalExpression":
      return either(node.consequent, node.alternate);
    case "LogicalExpression":
      return node.operator === "&&" ? `{${render(node.right)}|}` : either(node.left, node.right);
    default:
      return `{${nameOf(node)}}`;
  }
}

function either(one: Deno.lint.Node, other: Deno.lint.Node): string {
  return `{${render(one)}|${render(other)}}`;
}

/** The last name of an expression. */
function nameOf(node: Deno.lint.Node): string {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "MemberExpression":
      return nameOf(node.property);
    case "CallExpression":
      return nameOf(node.callee);
    case "AwaitExpression":
      return nameOf(node.argument);
    default:
      return "…";
  }
}
