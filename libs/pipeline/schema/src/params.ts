import { dirname } from 'node:path';
import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import type { ParamDeclaration } from './document.generated.ts';
import { interpolate, type KnownParams, MAX_INSERTED, paramsIn } from './interpolate.ts';
import { isObject, member, show } from './json-value.ts';
import { type Override, typedValue } from './overrides.ts';
import { resolvePath } from './pipeline-files.ts';
import type { Places } from './places.ts';
import { topologicalOrder } from './topological-order.ts';

export type ParamValue = string | number | boolean;

export interface ParamContext {
  readonly places: Places;
  readonly overrides: ReadonlyMap<string, Override>;
  /** What `--set` paths count from. */
  readonly cwd: string;
  /** Name of this pipeline, and of the one that refers to it, if one does. */
  readonly name: string;
  readonly usedBy: string | undefined;
}

/** A parameter whose value is wrong or missing has none, and what uses it is not reported again. */
export interface ResolvedParams extends KnownParams {
  readonly diagnostics: readonly Diagnostic[];
}

/** Values of all parameters. One that others are put into has its value after those. */
export function resolveParams(declarations: unknown, context: ParamContext): ResolvedParams {
  const declared = isObject(declarations)
    ? Object.entries(declarations).filter((entry): entry is [string, ParamDeclaration] => isDeclaration(entry[1]))
    : [];
  const given = new Map(declared.map(([name, declaration]) => [name, givenValue(name, declaration, context)]));
  const names = [...given.keys()];
  const known = { declared: new Set(names), values: new Map<string, ParamValue>(), room: { left: MAX_INSERTED } };
  const needs = (name: string) => neededBy(given.get(name)).filter((each) => given.has(each));
  const { order, cycles } = topologicalOrder(names, needs);
  const inCircle = new Set(cycles.flat());
  const diagnostics = cycles.map((cycle) => circle(cycle, given));
  for (const name of order) {
    if (inCircle.has(name)) continue;
    const result = resolveParam(name, given.get(name) as GivenParam, known);
    if (Array.isArray(result)) diagnostics.push(...result);
    else known.values.set(name, result);
  }
  return { ...known, diagnostics };
}

/** What a parameter is to be, before others are put in. */
interface GivenParam {
  readonly declaration: ParamDeclaration;
  readonly value: unknown;
  /** What is wrong already. */
  readonly problem?: Diagnostic;
  readonly location: DiagnosticLocation;
  /** What a relative path counts from. */
  readonly folder: string;
}

function givenValue(name: string, declaration: ParamDeclaration, context: ParamContext): GivenParam {
  const { places, cwd } = context;
  const override = context.overrides.get(name);
  if (override === undefined) {
    const location = places.locate(['params', name, 'default']);
    const folder = dirname(places.fileOf(['params', name, 'default']));
    const value = declaration.default;
    return {
      declaration,
      value,
      location,
      folder,
      ...(value === undefined && { problem: missing(name, declaration, context) }),
    };
  }
  const { location, writtenIn } = override;
  const isText = declaration.type === 'string' || declaration.type === 'path';
  const { value, problem } = typedValue(override, isText);
  return {
    declaration,
    value,
    location,
    folder: writtenIn === undefined ? cwd : dirname(writtenIn),
    ...(problem && { problem }),
  };
}

function neededBy(given: GivenParam | undefined): string[] {
  return typeof given?.value === 'string' ? [...new Set(paramsIn(given.value))] : [];
}

function circle(cycle: readonly string[], given: ReadonlyMap<string, GivenParam>): Diagnostic {
  const message = `Parameters depend on each other in a cycle: ${cycle.join(' -> ')}. Give one of them a value without \${params.…}.`;
  return { code: 'PIPELINE_PARAM_CYCLE', message, location: (given.get(cycle[0] as string) as GivenParam).location };
}

function resolveParam(name: string, given: GivenParam, known: KnownParams): ParamValue | Diagnostic[] {
  const { declaration, location, folder } = given;
  if (given.problem !== undefined) return [given.problem];
  const { value, diagnostics, sources, failed } = interpolate(given.value, [], known, () => location);
  if (failed.size > 0) return [...diagnostics];
  const problem = problemOf(name, declaration, value, location);
  if (problem !== undefined) {
    const origin = sources.size === 0 ? '' : ` It comes from ${show(given.value)}.`;
    return [{ ...problem, message: problem.message + origin }];
  }
  // A model of the hub may stand where a folder may.
  const isPath = declaration.type === 'path' && !(value as string).startsWith('hf:');
  return isPath ? resolvePath(folder, value as string) : (value as ParamValue);
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

function missing(name: string, { type, description }: ParamDeclaration, context: ParamContext): Diagnostic {
  const { places, name: pipeline, usedBy } = context;
  const advice =
    usedBy === undefined
      ? `Add \`--set params.${name}=<${type}>\`.`
      : `"${usedBy}" uses this pipeline with its defaults, so give the parameter a "default" here or add \`--set ${pipeline}#params.${name}=<${type}>\`.`;
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
