import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { Workspace } from './workspace.ts';

/** Path of the file behind `@retort/x` or `@retort/x/sub`; undefined where there is none. */
export function moduleFile(specifier: string, { root, packages }: Workspace): string | undefined {
  const [scope, name, ...rest] = specifier.split('/');
  const found = packages.find((each) => each.name === `${scope}/${name}`);
  const target = found?.exports[['.', ...rest].join('/')];
  return found === undefined || target === undefined ? undefined : join(root, found.folder, target);
}

/** Names that a source file exports, types included, those that it passes on with `export *` too. */
export function exportedNames(file: string, workspace: Workspace): ReadonlySet<string> {
  if (file.endsWith('.json')) return new Set(['default']);
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return new Set(source.statements.flatMap((statement) => namesOf(statement, file, workspace)));
}

function namesOf(statement: ts.Statement, file: string, workspace: Workspace): string[] {
  if (ts.isExportAssignment(statement)) return ['default'];
  if (ts.isExportDeclaration(statement)) return passedOn(statement, file, workspace);
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return ['default'];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => bound(name));
  return isNamed(statement) && statement.name ? [statement.name.text] : [];
}

function passedOn(
  { exportClause, moduleSpecifier }: ts.ExportDeclaration,
  file: string,
  workspace: Workspace,
): string[] {
  if (exportClause) return ts.isNamespaceExport(exportClause) ? [exportClause.name.text] : elementNames(exportClause);
  const specifier = (moduleSpecifier as ts.StringLiteral).text;
  const target = specifier.startsWith('.') ? join(dirname(file), specifier) : moduleFile(specifier, workspace);
  return target === undefined ? [] : [...exportedNames(target, workspace)].filter((name) => name !== 'default');
}

function elementNames({ elements }: ts.NamedExports): string[] {
  return elements.map(({ name }) => name.text);
}

function bound(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? bound(element.name) : []));
}

function isNamed(statement: ts.Statement): statement is ts.Statement & { readonly name?: ts.Identifier } {
  return (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement)
  );
}
