import { readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import type { Diagnostic } from '@retort/foundation/diagnostics';
import { checkCodeBlock, isCode } from './code-block.ts';
import { markdownParts } from './markdown.ts';
import { isOutside, linkTargetExists, pathExists, pathsIn } from './paths.ts';
import { exists, packageFolderOf, readWorkspace, type Workspace } from './workspace.ts';

/** What was looked at, so that a test can see that it was not nothing, and everything that is wrong. */
export interface DocumentResult {
  readonly documents: number;
  readonly packages: number;
  /** Relative links. */
  readonly links: number;
  /** Paths of the repository in backticks and in blocks of shell. */
  readonly paths: number;
  readonly codeBlocks: number;
  /** Imports of packages of ours in code blocks. */
  readonly imports: number;
  readonly problems: readonly Diagnostic[];
}

/** Checks what the documents of a workspace say about it: links, paths, examples; and that every package has a README. */
export function checkDocuments(root: string): DocumentResult {
  const workspace = readWorkspace(root);
  const results = workspace.documents.map((document) => checkDocument(document, workspace));
  const total = (count: (result: Checked) => number) => results.reduce((sum, result) => sum + count(result), 0);
  return {
    documents: workspace.documents.length,
    packages: workspace.packages.length,
    links: total(({ links }) => links),
    paths: total(({ paths }) => paths),
    codeBlocks: total(({ codeBlocks }) => codeBlocks),
    imports: total(({ imports }) => imports),
    problems: [...missingReadmes(workspace), ...results.flatMap(({ problems }) => problems)],
  };
}

type Checked = Omit<DocumentResult, 'documents' | 'packages'>;

function checkDocument(document: string, workspace: Workspace): Checked {
  const parts = markdownParts(readFileSync(join(workspace.root, document), 'utf8'));
  const packageFolder = packageFolderOf(document, workspace);
  const shell = parts.codeBlocks.filter(({ language }) => /^(sh|bash|console)$/.test(language)).flatMap(linesOf);
  const links = parts.links.filter(({ text }) => !isOutside(text));
  const paths = [...parts.inlineCode, ...shell].flatMap(({ text, line }) =>
    pathsIn(text, packageFolder !== undefined).map((path) => ({ path, line })),
  );
  const blocks = parts.codeBlocks.filter(isCode).map((block) => checkCodeBlock(block, workspace));
  const problems = [
    ...links
      .filter(({ text }) => !linkTargetExists(text, document, workspace.root))
      .map(({ text, line }) => ({ code: 'DOC_BROKEN_LINK', message: `The link "${text}" leads nowhere.`, line })),
    ...paths
      .filter(({ path }) => !pathExists(path, packageFolder, workspace))
      .map(({ path, line }) => ({ code: 'DOC_DEAD_PATH', message: `There is no "${path}" in the repository.`, line })),
    ...blocks.flatMap((block) => block.problems),
  ];
  return {
    links: links.length,
    paths: paths.length,
    codeBlocks: blocks.length,
    imports: blocks.reduce((sum, block) => sum + block.imports, 0),
    problems: problems
      .sort((a, b) => a.line - b.line)
      .map(({ code, message, line }) => ({ code, message, location: { file: document, line } })),
  };
}

/** Comments of a shell block are prose. */
function linesOf({ text, line }: { text: string; line: number }): { text: string; line: number }[] {
  return text.split('\n').map((each, i) => ({ text: each.replace(/(^|\s)#.*$/, ''), line: line + i }));
}

function missingReadmes({ root, packages }: Workspace): Diagnostic[] {
  return packages
    .filter(({ folder }) => !exists(root, `${folder}/README.md`))
    .map(({ name, folder }) => ({
      code: 'DOC_NO_README',
      message: `${name} has no README. Say what it is for, show the smallest example, list its exports, and what it is not for.`,
      location: { file: folder },
    }));
}
