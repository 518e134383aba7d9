import ts from 'typescript';

export interface ImportSite {
  readonly specifier: string;
  /** Counts from 1. */
  readonly line: number;
}

/** The parser attaches comments under a name that its types do not have; `ts.getJSDocCommentsAndTags` would give them several times. */
interface Documented extends ts.Node {
  readonly jsDoc?: readonly ts.JSDoc[];
}

/**
 * Every module that a source file names: imports and re-exports, type-only ones included, `import()`, `require()`,
 * `import x = require()`, and import types, in JSDoc comments too.
 */
export function importsOf(file: string, text: string): ImportSite[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const sites: ImportSite[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier)
      sites.push({ specifier: specifier.text, line: source.getLineAndCharacterOfPosition(specifier.pos).line + 1 });
    for (const comment of (node as Documented).jsDoc ?? []) visit(comment);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  const named = namedBy(node);
  return named && ts.isStringLiteralLike(named) ? named : undefined;
}

function namedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isCallExpression(node) && loadsModule(node.expression)) return node.arguments[0];
  return undefined;
}

/** `import(x)`, `require(x)`, `require.resolve(x)`, `import.meta.resolve(x)`. */
function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === 'require';
  return (
    ts.isPropertyAccessExpression(callee) &&
    callee.name.text === 'resolve' &&
    /^(require|import\.meta)$/.test(callee.expression.getText())
  );
}
