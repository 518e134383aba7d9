import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import { type JsonPath, toPointer } from './json-path.ts';
import { isObject, show } from './json-value.ts';
import type { ParamValue } from './params.ts';

/** `$${` for the text `${`, or an expression, which may lack its end. */
const EXPRESSION = /\$\$\{|\$\{([^}]*)(\}?)/g;
/** Characters that are put in, all in all: texts that double each other would soon fill any memory. */
export const MAX_INSERTED = 4 * 1024 * 1024;
const TOO_MUCH = `Inserted parameter values take more than ${MAX_INSERTED} characters in total. Use shorter values.`;
const MAX_SUGGESTED = 200;
const LITERAL_ADVICE = 'To write the text "${" itself, use "$${".';

export interface Interpolated {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Pointer -> the text that stood there, for every value that was replaced. */
  readonly sources: ReadonlyMap<string, string>;
  /** Pointers of values that could not be replaced; reporting them again would only confuse. */
  readonly failed: ReadonlySet<string>;
}

/** What can be put in. A declared parameter whose value is wrong has none, and that was reported. */
export interface KnownParams {
  readonly declared: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, ParamValue>;
  /** Characters that may still be put in. */
  readonly room: { left: number };
}

/**
 * Replaces `${params.x}` in every string inside `value`. A string that is nothing but the expression takes the parameter's
 * type. Nothing that was put in is looked at again.
 */
export function interpolate(
  value: unknown,
  path: JsonPath,
  { declared, values, room }: KnownParams,
  locate: (path: JsonPath, what?: 'name') => DiagnosticLocation,
): Interpolated {
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>();
  const failed = new Set<string>();

  const replace = (text: string, at: JsonPath): unknown => {
    if (!text.includes('${')) return text;
    const found = expressionProblems(text, declared).map((problem) => ({ ...problem, location: locate(at) }));
    diagnostics.push(...found);
    const names = paramsIn(text);
    if (names.length > 0) sources.set(toPointer(at), text);
    if (found.length > 0 || names.some((name) => !values.has(name))) failed.add(toPointer(at));
    if (names.length === 1 && text === `\${params.${names[0]}}`) return values.get(names[0] as string) ?? text;
    const hadRoom = room.left >= 0;
    room.left -= names.reduce((sum, name) => sum + String(values.get(name) ?? '').length, 0);
    if (room.left < 0) {
      failed.add(toPointer(at));
      if (hadRoom) diagnostics.push({ code: 'PIPELINE_TOO_LARGE', message: TOO_MUCH, location: locate(at) });
      return text;
    }
    return text.replace(EXPRESSION, (expression, inner?: string) =>
      inner === undefined ? '${' : String(values.get(paramOf(inner) ?? '') ?? expression),
    );
  };
  const renamed = (name: string, at: JsonPath): string => {
    const [expression] = expressionsIn(name);
    if (expression !== undefined)
      diagnostics.push({
        code: 'PIPELINE_BAD_NAME',
        message: `A parameter can be used in a value but not in a name, got ${show(name)}. ${LITERAL_ADVICE}`,
        location: locate(at, 'name'),
      });
    return expression === undefined ? name.replaceAll('$${', '${') : name;
  };
  const visit = (inner: unknown, at: JsonPath): unknown => {
    if (typeof inner === 'string') return replace(inner, at);
    if (Array.isArray(inner)) return inner.map((item, i) => visit(item, [...at, i]));
    if (!isObject(inner)) return inner;
    const entries = Object.entries(inner).map(([name, item]) => [
      renamed(name, [...at, name]),
      visit(item, [...at, name]),
    ]);
    return Object.fromEntries(entries);
  };
  return { value: visit(value, path), diagnostics, sources, failed };
}

/** Names of the parameters that a text asks for, declared or not. */
export function paramsIn(text: string): string[] {
  return expressionsIn(text).flatMap(({ inner, isClosed }) => (isClosed ? (paramOf(inner) ?? []) : []));
}

/** The value that `interpolate` makes this one of. */
export function withoutExpressions(value: unknown): unknown {
  if (typeof value === 'string') return literalText(value);
  if (Array.isArray(value)) return value.map(withoutExpressions);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [literalText(name), withoutExpressions(inner)]);
  return Object.fromEntries(entries);
}

/** A text as a pipeline file writes it, so that it stays as it is. */
export function literalText(text: string): string {
  // As text, "$$" in a replacement is one "$".
  return text.replaceAll('${', () => '$${');
}

function expressionsIn(text: string): { readonly inner: string; readonly isClosed: boolean }[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([, inner, end]) =>
    inner === undefined ? [] : [{ inner, isClosed: end === '}' }],
  );
}

function paramOf(expression: string): string | undefined {
  return expression.startsWith('params.') ? expression.slice('params.'.length) : undefined;
}

function expressionProblems(text: string, declared: ReadonlySet<string>): Omit<Diagnostic, 'location'>[] {
  return expressionsIn(text).flatMap(({ inner, isClosed }) => {
    const name = paramOf(inner);
    if (isClosed && name !== undefined && declared.has(name)) return [];
    return [{ code: 'PIPELINE_UNKNOWN_PARAM', message: expressionMessage(inner, isClosed, declared) }];
  });
}

function expressionMessage(inner: string, isClosed: boolean, declared: ReadonlySet<string>): string {
  const name = paramOf(inner);
  if (!isClosed) return `${show(`\${${inner}`)} has no "}" at its end. ${LITERAL_ADVICE}`;
  const known = declared.size === 0 ? ' This pipeline declares no "params".' : nearest(name ?? inner, declared);
  if (name !== undefined) return `No parameter is named ${show(name)}.${known}`;
  return `Only \${params.<name>} can be used in a pipeline file, got \${${inner}}.${known} ${LITERAL_ADVICE}`;
}

/** Nobody reads a longer list, and to compare thousands of names with thousands takes minutes. */
function nearest(name: string, declared: ReadonlySet<string>): string {
  return declared.size > MAX_SUGGESTED ? '' : suggestion(name, [...declared]);
}
