import { dirname } from 'node:path';
import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/diagnostics';
import type { ParamDeclaration } from './document.generated.ts';
import { isObject, member, show } from './json-value.ts';
import type { Override } from './overrides.ts';
import { resolvePath } from './pipeline-files.ts';
import type { Places } from './places.ts';

export type ParamValue = string | number | boolean;

export interface ParamContext {
  readonly places: Places;
  readonly overrides: ReadonlyMap<string, Override>;
  /** What `--set` paths count from. */
  readonly cwd: string;
  /** Set when another pipeline refers to this one: then nobody can set its parameters. */
  readonly usedBy: string | undefined;
}

/** A parameter whose value is wrong or missing has none, and what uses it is not reported again. */
export interface ResolvedParams {
  readonly declared: readonly string[];
  readonly values: ReadonlyMap<string, ParamValue>;
  readonly diagnostics: readonly Diagnostic[];
}

export function resolveParams(declarations: unknown, context: ParamContext): ResolvedParams {
  const declared = isObject(declarations)
    ? Object.entries(declarations).filter((entry): entry is [string, ParamDeclaration] => isDeclaration(entry[1]))
    : [];
  const values = new Map<string, ParamValue>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, declaration] of declared) {
    const result = resolveParam(name, declaration, context);
    if (typeof result === 'object') diagnostics.push(result);
    else values.set(name, result);
  }
  return { declared: declared.map(([name]) => name), values, diagnostics };
}

function resolveParam(name: string, declaration: ParamDeclaration, context: ParamContext): ParamValue | Diagnostic {
  const override = context.overrides.get(name);
  if (override === undefined && declaration.default === undefined) return missing(name, declaration, context);
  const location = override?.location ?? context.places.locate(['params', name, 'default']);
  const value = override === undefined ? declaration.default : givenValue(declaration, override);
  const problem = problemOf(name, declaration, value, location);
  if (problem !== undefined) return problem;
  // A model of the hub may stand where a folder may.
  if (declaration.type !== 'path' || (value as string).startsWith('hf:')) return value as ParamValue;
  const file = override === undefined ? context.places.fileOf(['params', name, 'default']) : override.writtenIn;
  return resolvePath(file === undefined ? context.cwd : dirname(file), value as string);
}

/** `--set params.revision=12` for a text is the text "12"; `"12"` in quotes is too. */
function givenValue({ type }: ParamDeclaration, { value, text }: Override): unknown {
  const isText = type === 'string' || type === 'path';
  return isText && text !== undefined && typeof value !== 'string' ? text : value;
}

function problemOf(
  name: string,
  declaration: ParamDeclaration,
  value: unknown,
  location: DiagnosticLocation,
): Diagnostic | undefined {
  const { type, minimum, maximum, enum: choices } = declaration;
  const found = (code: string, expected: string, more = '') => ({
    code,
    message: `The parameter ${show(name)} must be ${expected}, got ${show(value)}.${more}`,
    location,
  });
  if (!hasType(type, value)) return found('PIPELINE_WRONG_TYPE', TYPES[type]);
  if (value === '') return found('PIPELINE_BAD_VALUE', `${TYPES[type]} that is not empty`);
  if (typeof value === 'number' && minimum !== undefined && value < minimum)
    return found('PIPELINE_OUT_OF_RANGE', `>= ${minimum}`);
  if (typeof value === 'number' && maximum !== undefined && value > maximum)
    return found('PIPELINE_OUT_OF_RANGE', `<= ${maximum}`);
  if (choices === undefined || choices.includes(value)) return undefined;
  const nearby = suggestion(String(value), choices.map(String)).replace(/ Known:.*/, '');
  return found('PIPELINE_NOT_A_CHOICE', `one of ${choices.map(show).join(', ')}`, nearby);
}

const TYPES = {
  integer: 'an integer',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  path: 'a path',
} as const;

function hasType(type: ParamDeclaration['type'], value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return typeof value === 'number';
  return typeof value === (type === 'path' ? 'string' : type);
}

function missing(name: string, { type, description }: ParamDeclaration, { places, usedBy }: ParamContext): Diagnostic {
  const advice =
    usedBy === undefined
      ? `Add \`--set params.${name}=<${type}>\`.`
      : `"${usedBy}" uses this pipeline with its defaults, so give the parameter a "default" here.`;
  const text = typeof description === 'string' ? ` ${description.replace(/\.?$/, '.')}` : '';
  return {
    code: 'PIPELINE_PARAM_MISSING',
    message: `The parameter ${show(name)} has no value.${text} ${advice}`,
    location: places.locate(['params', name], 'name'),
  };
}

/** Envelope validation reports the others. */
function isDeclaration(value: unknown): value is ParamDeclaration {
  return Object.hasOwn(TYPES, String(member(value, 'type')));
}
