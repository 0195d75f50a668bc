/**
 * Lint plugin: a promise that is neither awaited, returned, kept nor given a handler fails where nothing sees it.
 *
 * Plugins have no types. A call counts as one of a promise when its callee is known by its declaration: in the same
 * file or class, in the imported file, by a name that is declared in this project as asynchronous everywhere, or as an
 * interface of the runtime. `void` says that a promise is left alone on purpose; a comment beside it must say why.
 */
import { Declarations } from "./declarations.ts";

const MESSAGE = "Nothing waits for this promise, and nothing handles its failure";
const HINT =
  "Await it, return it, give it to a TaskGroup, add .catch(), or write `void` and the reason in a comment";

type Node = Deno.lint.Node;

const plugin: Deno.lint.Plugin = {
  name: "promises",
  rules: {
    "no-floating": {
      create(context) {
        const declarations = Declarations.ofProject();
        const { text } = context.sourceCode;
        const functions = new Set<string>();
        const imports = new Map<string, string>();
        /** Types of variables and parameters; undefined where two have one name. */
        const types = new Map<string, string | undefined>();
        const statements: Deno.lint.Expression[] = [];
        const report = (node: Node) => context.report({ node, message: MESSAGE, hint: HINT });

        const isPromise = (expression: Node): boolean => {
          const call = unchained(expression);
          if (call.type !== "CallExpression") return false;
          const callee = unchained(call.callee);
          if (callee.type === "Identifier") {
            const { name } = callee;
            const from = imports.get(name);
            return functions.has(name) || name === "fetch" ||
              (from !== undefined && declarations.isAsyncExport(context.filename, from));
          }
          if (callee.type !== "MemberExpression") return isAsyncFunction(callee);
          const name = nameOf(callee.property);
          if (name === "then" || name === "catch" || name === "finally") {
            return !isHandled(call);
          }
          const object = unchained(callee.object);
          if (object.type === "Identifier") {
            if (object.name === "Promise") return name !== "withResolvers";
            if (object.name === "Deno") return declarations.isAsyncOfDeno(name);
          }
          if (object.type === "ThisExpression") return isAsyncMember(call, name);
          return declarations.isAsyncMethod(name, typeOf(object));
        };

        const typeOf = (object: Node): string | undefined => {
          if (object.type === "Identifier") return types.get(object.name);
          if (object.type === "NewExpression") return typeName(undefined, object);
          if (object.type !== "MemberExpression" || object.object.type !== "ThisExpression") return;
          const field = memberOf(object, nameOf(object.property));
          return field?.type === "PropertyDefinition"
            ? typeName(field.typeAnnotation, field.value)
            : undefined;
        };
        const learn = (variable: Node, value?: Node | null) => {
          if (variable.type !== "Identifier") return;
          const type = typeName(variable.typeAnnotation, value);
          const { name } = variable;
          types.set(name, !types.has(name) || types.get(name) === type ? type : undefined);
        };
        const learnParameters = (
          { params }: { readonly params: readonly Deno.lint.Parameter[] },
        ) => {
          for (const parameter of params) {
            if (parameter.type === "TSParameterProperty") continue;
            if (parameter.type === "AssignmentPattern") learn(parameter.left, parameter.right);
            else learn(parameter);
          }
        };

        const check = (expression: Node): void => {
          switch (expression.type) {
            case "LogicalExpression":
              return check(expression.right);
            case "ConditionalExpression":
              check(expression.consequent);
              return check(expression.alternate);
            case "SequenceExpression":
              return expression.expressions.forEach(check);
            case "UnaryExpression":
              if (expression.operator !== "void" || !isPromise(expression.argument)) return;
              return hasReason(text, expression.range) ? undefined : report(expression);
            default:
              if (isPromise(expression) || isAsyncForEach(expression)) report(expression);
          }
        };

        return {
          ImportSpecifier(node) {
            if (node.parent.type !== "ImportDeclaration") return;
            imports.set(node.local.name, `${node.parent.source.value}#${nameOf(node.imported)}`);
          },
          FunctionDeclaration(node) {
            if (node.id && isAsyncFunction(node)) functions.add(node.id.name);
            learnParameters(node);
          },
          FunctionExpression: learnParameters,
          ArrowFunctionExpression: learnParameters,
          VariableDeclarator(node) {
            learn(node.id, node.init);
            if (node.id.type === "Identifier" && node.init && isAsyncFunction(node.init)) {
              functions.add(node.id.name);
            }
          },
          ExpressionStatement(node) {
            statements.push(node.expression);
          },
          // A function may be declared after its call.
          "Program:exit"() {
            for (const expression of statements) check(expression);
          },
        };
      },
    },
  },
};
export default plugin;

/** What an optional chain (`a?.b`) is about. */
function unchained(node: Node): Node {
  return node.type === "ChainExpression" ? unchained(node.expression) : node;
}

function nameOf(key: Node): string {
  if (key.type === "Identifier") return key.name;
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Literal" ? String(key.value) : "";
}

function isAsyncFunction(node: Node): boolean {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "TSEmptyBodyFunctionExpression":
      if ("generator" in node && node.generator) return false;
      return ("async" in node && node.async) || isPromiseType(node.returnType?.typeAnnotation);
    default:
      return false;
  }
}

function isPromiseType(type: Node | undefined): boolean {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
    type.typeName.name === "Promise";
}

/** Name of the type that is declared for a variable, or of the class that it is made of. */
function typeName(
  annotation: Deno.lint.TSTypeAnnotation | undefined,
  value: Node | null | undefined,
): string | undefined {
  const type = annotation?.typeAnnotation;
  if (type?.type === "TSTypeReference" && type.typeName.type === "Identifier") {
    return type.typeName.name;
  }
  return value?.type === "NewExpression" && value.callee.type === "Identifier"
    ? value.callee.name
    : undefined;
}

/** The member of a name, of the class around a node. */
function memberOf(node: Node, name: string): Deno.lint.ClassBody["body"][number] | undefined {
  let around = node as Node | null;
  while (around && around.type !== "ClassBody") {
    around = "parent" in around ? around.parent as Node | null : null;
  }
  return around?.body.find((member) => "key" in member && nameOf(member.key) === name);
}

/** Whether a method or field of the class around a node is an asynchronous function. */
function isAsyncMember(node: Node, name: string): boolean {
  const member = memberOf(node, name);
  if (member?.type === "MethodDefinition") {
    return member.kind === "method" && isAsyncFunction(member.value);
  }
  if (member?.type !== "PropertyDefinition") return false;
  const type = member.typeAnnotation?.typeAnnotation;
  return (member.value !== null && isAsyncFunction(member.value)) ||
    (type?.type === "TSFunctionType" && isPromiseType(type.returnType?.typeAnnotation));
}

/** Whether a chain of `then`, `catch` and `finally` ends with every failure handled. */
function isHandled(call: Deno.lint.CallExpression): boolean {
  const [callee, handlers] = [unchained(call.callee), call.arguments];
  if (callee.type !== "MemberExpression") return false;
  const name = nameOf(callee.property);
  if (name === "catch" && handlers.length > 0) return true;
  if (name === "then" && handlers.length > 1) return true;
  const inner = unchained(callee.object);
  return name === "finally" && inner.type === "CallExpression" && isHandled(inner);
}

/** `forEach` does not wait for what its function returns. */
function isAsyncForEach(expression: Node): boolean {
  const call = unchained(expression);
  if (call.type !== "CallExpression") return false;
  const callee = unchained(call.callee);
  return callee.type === "MemberExpression" && nameOf(callee.property) === "forEach" &&
    call.arguments.some(isAsyncFunction);
}

/** Whether a comment is on the line of a statement or on the one before it. */
function hasReason(text: string, [start, end]: Deno.lint.Range): boolean {
  const before = text.slice(0, text.lastIndexOf("\n", start) + 1).trimEnd().split("\n").at(-1) ??
    "";
  const lineEnd = text.indexOf("\n", end);
  const after = text.slice(end, lineEnd < 0 ? undefined : lineEnd);
  return /^\s*(\/\/|\/?\*)/.test(before) || /\/[/*]/.test(after);
}
