import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import type { StageDefinition } from '@retort/plugin-kit';
import type { JsonSource } from './json-source.ts';
import { isObject, type JsonObject, member, setMember, show } from './json-value.ts';
import type { Places } from './places.ts';
import type { Schema } from './schema.ts';
import { findPath, type SettablePath, type UnknownPart, wantsText } from './settable-path.ts';
import { type SettingPath, settingIn, splitSetting, writeSettingPath } from './setting-path.ts';
import { readTypedValue, type TypedValue } from './typed-value.ts';
import { VARIANT_AXIS } from './variant-axis.ts';

/** One change to the document, from a variant, a cell of the matrix, or `--set`. */
export interface Override extends TypedValue {
  /** As it is written: see `readSettingPath`. */
  readonly path: string;
  /** What was typed after `=`, for `--set`. */
  readonly text?: string;
  readonly location: DiagnosticLocation;
  /** Absolute path of the file that it is written in: what paths in `value` count from. Undefined for `--set`. */
  readonly writtenIn?: string;
}

/** The document with its overrides. `params` are kept apart: an override sets a parameter's value, not its declaration. */
export interface OverrideContext {
  readonly source: Pick<JsonSource, 'files'>;
  readonly document: JsonObject;
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly places: Places;
  readonly params: Map<string, Override>;
}

/** What is wrong with an override. */
export interface OverrideProblem extends Diagnostic {
  /** The override and its names, where the pipeline has no stage that is called so. Another one may have: see `inItsPipeline`. */
  readonly unknownStage?: { readonly override: Override; readonly parts: readonly string[] };
}

/** Applies one override in place. Returns what is wrong with it. */
export function applyOverride(override: Override, context: OverrideContext): OverrideProblem[] {
  const { document, places, params } = context;
  const found = findSetting(override, context);
  if ('code' in found) return [found];
  if (found.parts[0] === 'params') {
    params.set(found.parts[1] as string, override);
    return [];
  }
  const { value, problem } = valueFor(override, found);
  if (problem !== undefined) return [problem];
  if (value !== null) assign(document, found, value);
  else if (!remove(document, found.parts)) return [nothingToRemove(override)];
  places.override(found.parts, override.location, override.writtenIn);
  return [];
}

/** What is wrong with the path of an override that is not applied: the other variants of the file. */
export function checkOverridePath(override: Override, context: OverrideContext): OverrideProblem[] {
  const found = findSetting(override, context);
  return 'code' in found ? [found] : [];
}

/** The setting that an override is for. With the name of another pipeline it is for that one. */
export function settingOf({ path, writtenIn }: Override, source: Pick<JsonSource, 'files'>): SettingPath {
  return settingIn(path, writtenIn, source);
}

function findSetting(
  override: Override,
  { source, document, registry }: OverrideContext,
): SettablePath | OverrideProblem {
  const { parts, problem } = settingOf(override, source);
  if (problem !== undefined) return unknownPath(override, problem);
  const found = findPath(parts, document, registry);
  if ('unknown' in found) {
    const isStage = parts[0] === 'stages' && found.after.length === 1;
    return { ...unknownPath(override, nothingThere(found)), ...(isStage && { unknownStage: { override, parts } }) };
  }
  const isWhole = parts.length < 2 ? parts[0] !== 'seed' : parts[0] === 'stages' && parts.length < 3;
  return isWhole ? notASetting(override) : found;
}

/** `stages.a.with.b=3` as typed after `--set`. */
export function parseSet(text: string): Override | Diagnostic {
  const location = { file: `--set ${text}` };
  const setting = splitSetting(text);
  if (setting === undefined)
    return {
      code: 'PIPELINE_BAD_SET',
      message: 'Expected path=value, such as `--set stages.student-train.with.batchSize=16`.',
      location,
    };
  const { path, value } = setting;
  return { path, text: value, location, ...readTypedValue(value) };
}

/** `--set name=12` for a setting that is text stays text; no reference is `null`, though, so that takes an input away. */
function valueFor(override: Override, { parts, schemas }: SettablePath): { value: unknown; problem?: Diagnostic } {
  if (override.value === null && parts[2] === 'inputs') return { value: null };
  const typed = typedValue(override, wantsText(schemas.at(-1) ?? []));
  return { ...typed, value: structuredClone(typed.value) };
}

/** The value of an override where text is wanted, or anything else. */
export function typedValue(
  { value, text, problem, location }: Override,
  isText: boolean,
): { readonly value: unknown; readonly problem?: Diagnostic } {
  if (isText && text !== undefined) return { value: typeof value === 'string' ? value : text };
  return {
    value,
    ...(problem !== undefined && { problem: { code: 'PIPELINE_INEXACT_NUMBER', message: problem, location } }),
  };
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

/** Whether there was such a member, or such a place in a list. */
function remove(document: JsonObject, parts: SettablePath['parts']): boolean {
  const holder = parts.slice(0, -1).reduce<unknown>((inner, part) => member(inner, part), document);
  const last = parts.at(-1) as string;
  if (Array.isArray(holder) && Object.hasOwn(holder, last)) return holder.splice(Number(last), 1).length > 0;
  return isObject(holder) && Object.hasOwn(holder, last) && Reflect.deleteProperty(holder, last);
}

function nothingToRemove({ path, location }: Override): Diagnostic {
  const message = `null removes what the file has at a path, but there is nothing at ${show(path)}. Leave this out.`;
  return { code: 'PIPELINE_NOTHING_TO_REMOVE', message, location };
}

function startingPoint(given: unknown, schemas: readonly Schema[]): JsonObject {
  const preset = given === undefined ? schemas.map((schema) => schema.default).find(isObject) : undefined;
  return structuredClone(preset ?? {});
}

function nothingThere({ unknown, after, choices, instead, asOneName }: UnknownPart): string {
  if (unknown === '') return 'A path has a name before and behind each of its dots.';
  const before = JSON.stringify(writeSettingPath({ parts: after }));
  const where = after.length === 0 ? 'A path' : `After ${before} a path`;
  const list = choices.length > 12 ? ` Known: ${choices.join(', ')}.` : '';
  const known =
    choices.length === 0
      ? `${before} has no settings.`
      : `${where} cannot continue with ${show(unknown)}.${instead ?? suggestion(unknown, choices) + list}`;
  const [pipeline, id] = unknown.split('#');
  if (id !== undefined && after.length === 1)
    return `A setting of a stage of another pipeline is ${JSON.stringify(`${pipeline}#stages.${id}.with.<setting>`)}.`;
  if (asOneName === undefined) return known;
  return `${known} Write a dot within a name as ${JSON.stringify('\\.')}: ${JSON.stringify(writeSettingPath({ parts: asOneName }))}.`;
}

/**
 * The problem as it is shown: a stage that other pipelines have, and this one does not, is one of theirs.
 *
 * @param pipelines  name -> stages of the pipelines that are referred to
 */
export function inItsPipeline(
  { unknownStage, ...problem }: OverrideProblem,
  pipelines: ReadonlyMap<string, { readonly stages: ReadonlyMap<string, unknown> }>,
): Diagnostic {
  if (unknownStage === undefined) return problem;
  const { override, parts } = unknownStage;
  const [, id = ''] = parts;
  const owners = [...pipelines].filter(([, { stages }]) => stages.has(id)).map(([name]) => name);
  if (owners.length === 0) return problem;
  const paths = owners.map((pipeline) => JSON.stringify(writeSettingPath({ pipeline, parts })));
  return unknownPath(override, `${show(id)} is a stage of another pipeline. Write ${paths.join(' or ')}.`);
}

function unknownPath({ path, text, location }: Override, problem: string): Diagnostic {
  const why =
    path === VARIANT_AXIS
      ? 'A variant is chosen by --variant, or as cells of the matrix by --only-cell variant=<name>.'
      : problem;
  const message = `There is nothing at ${show(path)}. ${why}`;
  // In a file a backslash is written twice.
  const shown = text === undefined ? message : message.replaceAll('\\\\', '\\');
  return { code: 'PIPELINE_UNKNOWN_PATH', message: shown, location };
}

function notASetting({ path, location }: Override): Diagnostic {
  const message = `${show(path)} cannot be set as a whole. Name one setting, such as "params.<name>" or "stages.<id>.with.<setting>".`;
  return { code: 'PIPELINE_UNKNOWN_PATH', message, location };
}
