import type { StageDefinition } from '@retort/plugin-kit';
import { envelopeSchema } from './envelope.ts';
import { renamedText } from './explain-errors.ts';
import { inputSchemas, listInstead } from './input-lists.ts';
import { isObject, member } from './json-value.ts';
import { alternatives, ownTypes, type Schema } from './schema.ts';

/** A path that leads somewhere: for each part the schemas that a value there may satisfy. */
export interface SettablePath {
  readonly parts: readonly string[];
  /** `schemas[i]` belongs to the value at `parts.slice(0, i + 1)`; empty where only the document decides. */
  readonly schemas: readonly (readonly Schema[])[];
}

/** The first part of a path that leads nowhere, and what could stand there. */
export interface UnknownPart {
  readonly unknown: string;
  readonly after: readonly string[];
  readonly choices: readonly string[];
  /** What to write instead of a word that files had once. */
  readonly instead?: string;
  /** Where the part before was any name that somebody chose: the path, were it all the rest that is one name. */
  readonly asOneName?: readonly string[];
}

interface Cursor {
  readonly value: unknown;
  readonly schemas: readonly Schema[];
  readonly root: Schema;
}

/** Follows a path through the document and, where the document ends, through the schemas. */
export function findPath(
  parts: readonly string[],
  document: unknown,
  registry: ReadonlyMap<string, StageDefinition>,
): SettablePath | UnknownPart {
  const schemas: (readonly Schema[])[] = [];
  let free: number | undefined;
  let cursor: Cursor = { value: document, schemas: [], root: {} };
  for (const [at, part] of parts.entries()) {
    const after = parts.slice(0, at);
    const choices = choicesAt(after, cursor);
    if (choices !== 'anything' && !choices.includes(part)) {
      const isName = free === at - 1 && cursor.schemas.some((schema) => ownTypes(schema).length > 0);
      const asOneName = [...parts.slice(0, free), parts.slice(free).join('.')];
      return {
        unknown: part,
        after,
        choices,
        ...renamed(part, { after, document, schemas: cursor.schemas, registry }),
        ...(isName && { asOneName }),
      };
    }
    // Between two dots, or at the end, an empty name is a slip unless there is one.
    if (choices === 'anything' && part === '' && member(cursor.value, part) === undefined)
      return { unknown: part, after, choices: namesIn(cursor.value) };
    if (choices === 'anything') free ??= at;
    cursor = step(cursor, parts.slice(0, at + 1), registry);
    schemas.push(cursor.schemas);
  }
  return { parts, schemas };
}

/** Whether the schemas allow text and nothing else, so that `--set` must not read `12` as a number. */
export function wantsText(schemas: readonly Schema[]): boolean {
  const types = schemas.flatMap(ownTypes);
  return types.length > 0 && types.every((type) => type === 'string');
}

const STAGE_PARTS = ['with', 'inputs', 'seed', 'run', 'uses'];

function choicesAt(before: readonly string[], { value, schemas }: Cursor): readonly string[] | 'anything' {
  const given = namesIn(value);
  if (before.length === 0) return ['seed', 'params', 'stages'];
  if (before[0] === 'params') return before.length === 1 ? given : [];
  if (before[0] === 'stages' && before.length === 1) return given;
  if (before[0] === 'stages' && before.length === 2) return STAGE_PARTS;
  if (schemas.some(isOpen)) return 'anything';
  return [...new Set([...given, ...schemas.flatMap((schema) => Object.keys(schema.properties ?? {}))])];
}

function namesIn(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : Array.isArray(value) ? [...value.keys()].map(String) : [];
}

function isOpen({ additionalProperties }: Schema): boolean {
  return typeof additionalProperties === 'object';
}

function step(
  { value, schemas, root }: Cursor,
  path: readonly string[],
  registry: ReadonlyMap<string, StageDefinition>,
): Cursor {
  const part = path.at(-1) as string;
  const inner = member(value, part);
  if (path[0] === 'stages' && path.length === 3) return { value: inner, ...stagePartSchema(value, part, registry) };
  const next = schemas.flatMap((schema) => innerSchemas(schema, part)).flatMap((schema) => alternatives(schema, root));
  return { value: inner, schemas: next, root };
}

function innerSchemas({ properties = {}, additionalProperties, items }: Schema, part: string): Schema[] {
  if (Object.hasOwn(properties, part)) return [properties[part] as Schema];
  if (typeof additionalProperties === 'object') return [additionalProperties];
  return items !== undefined && /^\d+$/.test(part) ? [items] : [];
}

function stagePartSchema(
  stage: unknown,
  part: string,
  registry: ReadonlyMap<string, StageDefinition>,
): { schemas: Schema[]; root: Schema } {
  const definition = definitionOf(stage, registry);
  const root = schemaOfPart(part, definition);
  return { schemas: alternatives(root, root), root };
}

function definitionOf(stage: unknown, registry: ReadonlyMap<string, StageDefinition>): StageDefinition | undefined {
  return registry.get(String(member(stage, 'uses')));
}

/** Of a word that files had once. */
function renamed(
  part: string,
  {
    after,
    document,
    schemas,
    registry,
  }: {
    after: readonly string[];
    document: unknown;
    schemas: readonly Schema[];
    registry: ReadonlyMap<string, StageDefinition>;
  },
): Pick<UnknownPart, 'instead'> {
  const [, id = '', what] = after;
  const definition = definitionOf(member(member(document, 'stages'), id), registry);
  const instead =
    what === 'inputs' && after.length === 3
      ? listInstead(part, definition?.inputs ?? {})
      : schemas.map((schema) => renamedText(part, schema['x-renamed'] ?? {})).find((text) => text !== undefined);
  return instead === undefined ? {} : { instead };
}

/** Without a known `uses` nothing is known of `with` and `inputs`: anything may be set, and the stage is reported anyway. */
function schemaOfPart(part: string, definition: StageDefinition | undefined): Schema {
  if (part === 'run') return envelopeSchema.$defs?.run ?? {};
  if (part === 'with') return (definition?.configSchema as Schema | undefined) ?? { additionalProperties: {} };
  if (part !== 'inputs') return envelopeSchema.$defs?.stage?.properties?.[part] ?? {};
  if (definition === undefined) return { additionalProperties: {} };
  return { type: 'object', properties: inputSchemas(definition.inputs) };
}
