import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/diagnostics';
import type { StageDefinition } from '@retort/stage-kit';
import { isObject, type JsonObject, member, setMember, show } from './json-value.ts';
import type { Places } from './places.ts';
import type { Schema } from './schema.ts';
import { findPath, type SettablePath, type UnknownPart, wantsText } from './settable-path.ts';
import { VARIANT_AXIS } from './variant-axis.ts';

/** One change to the document, from a variant, a cell of the matrix, or `--set`. */
export interface Override {
  readonly path: string;
  readonly value: unknown;
  /** What was typed after `=`, for `--set`. */
  readonly text?: string;
  readonly location: DiagnosticLocation;
  /** Absolute path of the file that it is written in: what paths in `value` count from. Undefined for `--set`. */
  readonly writtenIn?: string;
}

/** The document with its overrides. `params` are kept apart: an override sets a parameter's value, not its declaration. */
export interface OverrideContext {
  readonly document: JsonObject;
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly places: Places;
  readonly params: Map<string, Override>;
}

/** Applies one override in place. Returns what is wrong with its path. */
export function applyOverride(override: Override, context: OverrideContext): Diagnostic[] {
  const { document, registry, places, params } = context;
  const found = findPath(override.path, document, registry);
  const problem = pathProblem(override, found);
  if (problem !== undefined || 'unknown' in found) return problem === undefined ? [] : [problem];
  if (found.parts[0] === 'params') {
    params.set(found.parts[1] as string, override);
    return [];
  }
  const value = valueFor(override, found);
  if (value !== null) assign(document, found, value);
  else if (!remove(document, found.parts)) return [nothingToRemove(override)];
  places.override(found.parts, override.location, override.writtenIn);
  return [];
}

/** What is wrong with the path of an override that is not applied: the other variants of the file. */
export function checkOverridePath(override: Override, { document, registry }: OverrideContext): Diagnostic[] {
  const problem = pathProblem(override, findPath(override.path, document, registry));
  return problem === undefined ? [] : [problem];
}

function pathProblem(override: Override, found: SettablePath | UnknownPart): Diagnostic | undefined {
  if ('unknown' in found) return unknownPath(override, found);
  const { parts } = found;
  const isWhole = parts.length < 2 ? parts[0] !== 'seed' : parts[0] === 'stages' && parts.length < 3;
  return isWhole ? notASetting(override) : undefined;
}

/** `stages.a.with.b=3` as typed after `--set`. */
export function parseSet(text: string): Override | Diagnostic {
  const location = { file: `--set ${text}` };
  const equals = text.indexOf('=');
  if (equals <= 0)
    return {
      code: 'PIPELINE_BAD_SET',
      message: 'Expected path=value, such as `--set stages.student-train.with.batchSize=16`.',
      location,
    };
  const value = text.slice(equals + 1);
  return { path: text.slice(0, equals).trim(), value: parseValue(value), text: value, location };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `--set name=12` for a setting that is text stays text; no reference is `null`, though, so that takes an input away. */
function valueFor({ value, text }: Override, { parts, schemas }: SettablePath): unknown {
  if (value === null && parts[2] === 'inputs') return value;
  const wanted = schemas.at(-1) ?? [];
  const isTyped = text !== undefined && typeof value !== 'string' && wantsText(wanted);
  return isTyped ? text : structuredClone(value);
}

/** Creates what is missing on the way from the schema's default, so that the rest of a default is kept. */
function assign(document: JsonObject, { parts, schemas }: SettablePath, value: unknown): void {
  let current: JsonObject | unknown[] = document;
  for (const [at, part] of parts.slice(0, -1).entries()) {
    const inner = member(current, part);
    const next: JsonObject | unknown[] =
      isObject(inner) || Array.isArray(inner) ? inner : startingPoint(inner, schemas[at] ?? []);
    setMember(current, part, next);
    current = next;
  }
  setMember(current, parts.at(-1) as string, value);
}

/** Whether there was such a member. */
function remove(document: JsonObject, parts: SettablePath['parts']): boolean {
  const holder = parts.slice(0, -1).reduce<unknown>((inner, part) => member(inner, part), document);
  const last = parts.at(-1) as string;
  return isObject(holder) && Object.hasOwn(holder, last) && Reflect.deleteProperty(holder, last);
}

function nothingToRemove({ path, location }: Override): Diagnostic {
  const message = `null takes away what the file has at a path, but it has nothing at ${show(path)}. Leave this out.`;
  return { code: 'PIPELINE_NOTHING_TO_REMOVE', message, location };
}

function startingPoint(given: unknown, schemas: readonly Schema[]): JsonObject {
  const preset = given === undefined ? schemas.map((schema) => schema.default).find(isObject) : undefined;
  return structuredClone(preset ?? {});
}

function unknownPath({ path, location }: Override, { unknown, after, choices }: UnknownPart): Diagnostic {
  const where = after === '' ? 'A path' : `After "${after}" a path`;
  const known =
    path === VARIANT_AXIS
      ? 'A variant is chosen by --variant, or as cells of the matrix by --only-cell variant=<name>.'
      : choices.length === 0
        ? `"${after}" holds no settings.`
        : `${where} cannot go on with ${show(unknown)}.${suggestion(unknown, choices)}`;
  const list = choices.length > 12 ? ` Known: ${choices.join(', ')}.` : '';
  return { code: 'PIPELINE_UNKNOWN_PATH', message: `There is nothing at ${show(path)}. ${known}${list}`, location };
}

function notASetting({ path, location }: Override): Diagnostic {
  const message = `${show(path)} cannot be set as a whole. Name one setting, such as "params.<name>" or "stages.<id>.with.<setting>".`;
  return { code: 'PIPELINE_UNKNOWN_PATH', message, location };
}
