import { type Diagnostic, suggestion } from '@retort/diagnostics';
import { type JsonPath, toPointer } from './json-path.ts';
import { isObject, show } from './json-value.ts';
import type { ResolvedParams } from './params.ts';
import type { Places } from './places.ts';

const EXPRESSION = /\$\{([^}]*)\}/g;

export interface Interpolated {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Pointer -> the text that stood there, for every value that was replaced. */
  readonly sources: ReadonlyMap<string, string>;
  /** Pointers of values that could not be replaced; reporting them again would only confuse. */
  readonly failed: ReadonlySet<string>;
}

/** Replaces `${params.x}` in every string inside `value`. A string that is nothing but the expression takes the parameter's type. */
export function interpolate(value: unknown, path: JsonPath, params: ResolvedParams, places: Places): Interpolated {
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>();
  const failed = new Set<string>();

  const replace = (text: string, at: JsonPath): unknown => {
    const names = [...text.matchAll(EXPRESSION)].map((match) => match[1] ?? '');
    if (names.length === 0) return text;
    sources.set(toPointer(at), text);
    const unknown = names.filter((name) => !isDeclared(name, params));
    for (const name of unknown) diagnostics.push(unknownParam(name, params, places, at));
    if (names.some((name) => valueOf(name, params) === undefined)) failed.add(toPointer(at));
    const whole = /^\$\{([^}]*)\}$/.exec(text)?.[1];
    if (whole !== undefined) return valueOf(whole, params) ?? text;
    return text.replace(EXPRESSION, (expression, name: string) => String(valueOf(name, params) ?? expression));
  };
  const visit = (inner: unknown, at: JsonPath): unknown => {
    if (typeof inner === 'string') return replace(inner, at);
    if (Array.isArray(inner)) return inner.map((item, i) => visit(item, [...at, i]));
    if (isObject(inner))
      return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, visit(item, [...at, name])]));
    return inner;
  };
  return { value: visit(value, path), diagnostics, sources, failed };
}

function isDeclared(expression: string, { declared }: ResolvedParams): boolean {
  return expression.startsWith('params.') && declared.includes(expression.slice('params.'.length));
}

function valueOf(expression: string, { values }: ResolvedParams): unknown {
  return expression.startsWith('params.') ? values.get(expression.slice('params.'.length)) : undefined;
}

function unknownParam(expression: string, { declared }: ResolvedParams, places: Places, path: JsonPath): Diagnostic {
  const name = expression.replace(/^params\./, '');
  const known = declared.length === 0 ? ' This pipeline declares no "params".' : suggestion(name, declared);
  const form = expression.startsWith('params.')
    ? `No parameter is named ${show(name)}.`
    : `Only \${params.<name>} can be used in a pipeline file, got \${${expression}}.`;
  return { code: 'PIPELINE_UNKNOWN_PARAM', message: `${form}${known}`, location: places.locate(path) };
}
