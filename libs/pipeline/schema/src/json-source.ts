import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Diagnostic, DiagnosticLocation } from '@retort/foundation/diagnostics';
import { findNodeAtOffset, getNodePath, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { inexactNumbers } from './exact-number.ts';
import { type JsonPath, toPointer } from './json-path.ts';
import { syntaxMessage } from './syntax-errors.ts';

/** A tree with the place of every value takes some hundred times the bytes of the file. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 64;
export const TOO_DEEP = `Values are nested more than ${MAX_DEPTH} levels deep.`;
/** Of numbers that are not what is written: nobody reads more. */
const MAX_NUMBERS = 200;

/** A file's JSON with the place of every value. */
export interface JsonSource {
  /** As messages name it. */
  readonly file: string;
  readonly value: unknown;
  /** The place of a value, or undefined when the file does not hold it. */
  readonly locate: (path: JsonPath) => DiagnosticLocation | undefined;
  /** The place of a member's name. */
  readonly locateKey: (path: JsonPath) => DiagnosticLocation | undefined;
  /** Absolute path of the file that a value is written in: of a file that extends others, it may be one of those. */
  readonly writtenIn: (path: JsonPath) => string;
  /** Absolute paths of this file and those that it extends. */
  readonly files: readonly string[];
}

/** Either the source or what is wrong with it. Duplicate names come with the source: all else can still be checked. */
export interface ParsedSource {
  readonly source?: JsonSource;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file by its absolute path, and as messages name it. */
export interface NamedFile {
  readonly path: string;
  readonly file: string;
}

/** Reads and parses a file. Never throws for what is in it. */
export async function readSource(named: NamedFile): Promise<ParsedSource> {
  const { path, file } = named;
  try {
    const stats = await stat(path);
    const problem = refusal(stats);
    if (problem !== undefined) return failed(problem.code, problem.message, { file });
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return parseSource(text, named);
  } catch (cause) {
    return failed('PIPELINE_UNREADABLE', unreadable(cause), { file });
  }
}

/** A pipe or device would never end, or never begin. */
function refusal(stats: Stats): { code: string; message: string } | undefined {
  if (!stats.isFile())
    return {
      code: 'PIPELINE_UNREADABLE',
      message: `Expected a file, got a ${stats.isDirectory() ? 'folder' : 'pipe or device'}.`,
    };
  if (stats.size > MAX_BYTES)
    return {
      code: 'PIPELINE_TOO_LARGE',
      message: `The file has ${stats.size} bytes, but a pipeline file can have at most ${MAX_BYTES}.`,
    };
  return undefined;
}

/** Strict JSON: no comments, no trailing commas, no member twice. */
export function parseSource(text: string, { path: absolute, file }: NamedFile): ParsedSource {
  const deep = tooDeepAt(text);
  if (deep !== undefined)
    return failed('PIPELINE_TOO_DEEP', TOO_DEEP, {
      file,
      ...position(text, deep),
    });
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined)
    return failed('PIPELINE_SYNTAX', syntaxMessage(error, text), { file, ...position(text, error.offset) });
  if (root === undefined)
    return failed('PIPELINE_SYNTAX', 'Expected an object, got an empty file.', { file, line: 1, column: 1 });
  const lines = lineStarts(text);
  const place = (node: Node, path: JsonPath) => ({ file, ...positionOf(lines, node.offset), pointer: toPointer(path) });
  const inexactAt = (offset: number, message: string) => {
    const node = findNodeAtOffset(root, offset) ?? root;
    return { code: 'PIPELINE_INEXACT_NUMBER', message, location: place(node, getNodePath(node)) };
  };
  const inexact = inexactNumbers(text).slice(0, MAX_NUMBERS);
  if (inexact.length > 0) return { diagnostics: inexact.map(({ offset, message }) => inexactAt(offset, message)) };
  const find = nodeFinder(root);
  const located = (path: JsonPath, choose: (node: Node) => Node) => {
    const node = find(path);
    return node && place(choose(node), path);
  };
  const source: JsonSource = {
    file,
    value: JSON.parse(text) as unknown,
    locate: (path) => located(path, (node) => node),
    locateKey: (path) =>
      located(path, (node) => (node.parent?.type === 'property' ? (node.parent.children?.[0] ?? node) : node)),
    writtenIn: () => absolute,
    files: [absolute],
  };
  return {
    source,
    diagnostics: duplicates(root).map(({ key, path }) => duplicateDiagnostic(place(key, path), String(key.value))),
  };
}

/** Finds nodes by path. Members are indexed at the first question: a file with many problems asks for many places. */
function nodeFinder(root: Node): (path: JsonPath) => Node | undefined {
  const indexes = new Map<Node, ReadonlyMap<string, Node>>();
  const membersOf = (node: Node) => {
    const index = indexes.get(node) ?? indexMembers(node);
    indexes.set(node, index);
    return index;
  };
  return (path) => path.reduce<Node | undefined>((node, part) => node && membersOf(node).get(String(part)), root);
}

/** List positions as text: pointers hand us text. Of a member that is there twice, the first. */
function indexMembers({ type, children = [] }: Node): ReadonlyMap<string, Node> {
  if (type === 'array') return new Map(children.map((child, i) => [String(i), child]));
  const members = children.flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [[String(key.value), value] as const],
  );
  return type === 'object' ? new Map(members.reverse()) : new Map();
}

function duplicates(node: Node, path: JsonPath = []): { key: Node; path: JsonPath }[] {
  const children = node.children ?? [];
  if (node.type === 'array') return children.flatMap((child, i) => duplicates(child, [...path, i]));
  if (node.type !== 'object') return [];
  const seen = new Set<string>();
  return children.flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const again = seen.has(name) ? [{ key, path: [...path, name] }] : [];
    seen.add(name);
    return [...again, ...duplicates(value, [...path, name])];
  });
}

function duplicateDiagnostic(location: DiagnosticLocation, name: string): Diagnostic {
  return {
    code: 'PIPELINE_DUPLICATE_KEY',
    message: `The member ${JSON.stringify(name)} occurs twice, and only one would be used. Remove the other.`,
    location,
  };
}

/** Offset of the bracket that goes too deep. Before parsing, so that a hostile file cannot exhaust the stack. */
export function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isText && character === '\\') i++;
    else if (character === '"' || (isText && character === '\n')) isText = !isText;
    else if (isText) continue;
    else if (character === '{' || character === '[') {
      if (++depth > MAX_DEPTH) return i;
    } else if (character === '}' || character === ']') depth--;
  }
  return undefined;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function positionOf(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}

function position(text: string, offset: number): { line: number; column: number } {
  return positionOf(lineStarts(text), offset);
}

function failed(code: string, message: string, location: DiagnosticLocation): ParsedSource {
  return { diagnostics: [{ code, message, location }] };
}

function unreadable(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'There is no such file.';
  if (code === 'EACCES') return 'The file cannot be read: permission denied.';
  if (cause instanceof TypeError) return 'The file is not UTF-8 text.';
  return `The file cannot be read: ${(cause as Error).message}`;
}
