import { type Diagnostic, suggestion } from '@retort/foundation/diagnostics';
import ts from 'typescript';
import { exportedNames, moduleFile } from './exported-names.ts';
import type { CodeBlock } from './markdown.ts';
import type { Workspace } from './workspace.ts';

/** A problem of a code block; `line` counts from 1 within the document. */
export interface CodeProblem extends Pick<Diagnostic, 'code' | 'message'> {
  readonly line: number;
}

export interface CheckedBlock {
  /** Imports of packages of ours that were looked up. */
  readonly imports: number;
  readonly problems: readonly CodeProblem[];
}

const LANGUAGES: Readonly<Record<string, string>> = {
  ts: 'ts',
  typescript: 'ts',
  js: 'mjs',
  javascript: 'mjs',
  mjs: 'mjs',
};

export function isCode({ language }: CodeBlock): boolean {
  return language in LANGUAGES;
}

/** Whether a block parses, and whether what it imports from packages of ours is there. Types are not checked. */
export function checkCodeBlock(block: CodeBlock, workspace: Workspace): CheckedBlock {
  const fileName = `example.${LANGUAGES[block.language]}`;
  const { diagnostics = [] } = ts.transpileModule(block.text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  const source = ts.createSourceFile(fileName, block.text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + block.line;
  const syntax = diagnostics.map(({ messageText, start = 0 }) => ({
    code: 'DOC_CODE_SYNTAX',
    message: `The example does not parse: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    line: lineOf(start),
  }));
  const imports = source.statements.filter(ts.isImportDeclaration).filter(isOurs);
  const wrong = imports.flatMap((statement) =>
    importProblems(statement, workspace).map((problem) => ({ ...problem, line: lineOf(statement.getStart()) })),
  );
  return { imports: imports.length, problems: [...syntax, ...wrong] };
}

function isOurs({ moduleSpecifier }: ts.ImportDeclaration): boolean {
  return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.startsWith('@retort/');
}

function importProblems(statement: ts.ImportDeclaration, workspace: Workspace): Pick<Diagnostic, 'code' | 'message'>[] {
  const { text: specifier } = statement.moduleSpecifier as ts.StringLiteral;
  const file = moduleFile(specifier, workspace);
  if (file === undefined) {
    const known = workspace.packages.flatMap(({ name, exports }) =>
      Object.keys(exports).map((entry) => name + entry.slice(1)),
    );
    return [
      { code: 'DOC_UNKNOWN_MODULE', message: `There is no module "${specifier}".${suggestion(specifier, known)}` },
    ];
  }
  const exported = exportedNames(file, workspace);
  return importedNames(statement)
    .filter((name) => !exported.has(name))
    .map((name) => ({
      code: 'DOC_UNKNOWN_EXPORT',
      message: `"${specifier}" does not export "${name}".${suggestion(name, [...exported])}`,
    }));
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const named =
    bindings && ts.isNamedImports(bindings)
      ? bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
      : [];
  return importClause?.name === undefined ? named : ['default', ...named];
}
