import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { globSync } from 'tinyglobby';
import { exists, type Workspace } from './workspace.ts';

/** Folders at the root of the repository. A list, so that a path into a folder that is gone is still seen. */
const ROOT_FOLDERS = ['apps', 'libs', 'tools', 'docs', 'pipelines', 'schemas', '.ci'];
/** Folders of a package, in its own README. */
const PACKAGE_FOLDERS = ['src', 'test', 'bin'];
const SEGMENT = String.raw`[\w.@<>*{},-]+`;
const ROOT_PATH = new RegExp(String.raw`^(?:${ROOT_FOLDERS.map(escape).join('|')})(?:/${SEGMENT})*/?$`);
const PACKAGE_PATH = new RegExp(String.raw`^(?:${PACKAGE_FOLDERS.join('|')})(?:/${SEGMENT})+/?$`);
const ROOT_DOCUMENT = /^[A-Z]+\.md$/;

/**
 * The paths in a piece of code, which may be a command with arguments: those from a folder of the root (`libs/model/engine`),
 * documents of the root (`GLOSSARY.md`), and in a package's README its own (`src/index.ts`). A single word such as `libs`
 * is no path.
 */
export function pathsIn(code: string, isPackageDocument: boolean): string[] {
  return code
    .split(/\s+/)
    .map((word) => word.replace(/[,;.]$|:\d+$/, ''))
    .filter(
      (word) =>
        (word.includes('/') && ROOT_PATH.test(word)) ||
        ROOT_DOCUMENT.test(word) ||
        (isPackageDocument && PACKAGE_PATH.test(word)),
    );
}

/** `<name>`, `x` and `*` stand for any name; then something must match. */
export function pathExists(path: string, packageFolder: string | undefined, { root, packages }: Workspace): boolean {
  const isOwn = packageFolder !== undefined && PACKAGE_PATH.test(path);
  // A package that makes or reads files of others speaks of those as `src/config.generated.ts`, too.
  const folders = isOwn ? [packageFolder, ...packages.map(({ folder }) => folder)] : ['.'];
  return folders.some((folder) => matches(root, join(folder, path)));
}

function matches(root: string, path: string): boolean {
  const pattern = path
    .replace(/\/$/, '')
    .replaceAll(/<[^>]+>/g, '*')
    .replaceAll(/(?<=\/)x(?=[./]|$)/g, '*');
  if (!/[*{]/.test(pattern)) return exists(root, pattern);
  return globSync(pattern, { cwd: root, onlyFiles: false, dot: true, expandDirectories: false }).length > 0;
}

/** Whether a relative link of a document leads to something inside the repository, and its anchor to a heading there. */
export function linkTargetExists(target: string, document: string, root: string): boolean {
  const [file = '', anchor] = decodeURIComponent(target).split('#');
  const path = file === '' ? document : normalize(join(dirname(document), file.replace(/\?.*$/, '')));
  if (path.startsWith('..') || !exists(root, path)) return false;
  return anchor === undefined || !path.endsWith('.md') || headingAnchors(join(root, path)).includes(anchor);
}

/** The anchors that GitHub gives the headings of a document. */
function headingAnchors(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ +(.+?) *$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Addresses with a scheme. */
export function isOutside(target: string): boolean {
  return /^[a-z][a-z\d+.-]*:|^\/\//i.test(target);
}

function escape(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}
