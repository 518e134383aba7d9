import type { StageDefinition } from '@retort/plugin-kit';
import { envelopeSchema } from './envelope.ts';
import { inputSchemas } from './input-lists.ts';
import { dereference, mapSchema, type Schema } from './schema.ts';

/** A stage as editors see it. */
export interface EditorStage {
  readonly name: string;
  readonly schema: Schema;
  /** Missing where nobody knows the inputs; any is allowed then. */
  readonly definition?: Pick<StageDefinition, 'inputs'>;
}

const PARAMETER = { $ref: '#/$defs/parameter' } as const;

/**
 * The schema that editors complete with: the envelope, and for each `uses` the settings and inputs of that stage.
 *
 * Wherever a stage wants a number, a boolean, a choice or a text of a form, `"${params.name}"` is allowed as well: the pipeline replaces it
 * before it validates.
 */
export function editorSchema(stages: readonly EditorStage[], comment: string): unknown {
  const { $schema, $id, $defs = {}, ...document } = envelopeSchema as Schema & { readonly $schema?: string };
  const { stage, run, ...otherDefinitions } = $defs;
  const { title, description } = document;
  return {
    $schema,
    $comment: comment,
    $id,
    title,
    description,
    if: { required: ['extends'] },
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
    then: { $ref: '#/$defs/change' },
    else: { $ref: '#/$defs/whole' },
    $defs: {
      whole: document,
      change: changeSchema(document, {
        ...otherDefinitions,
        stage: namedStage(stage as Schema, stages),
        run: run as Schema,
      }),
      ...otherDefinitions,
      parameter: {
        type: 'string',
        pattern: '^\\$\\{params\\.[A-Za-z0-9]+\\}$',
        description: 'A parameter of this pipeline.',
      },
      stage: stageSchema(stage as Schema, stages),
      run: mapSchema(run as Schema, orParameter),
      ...Object.fromEntries(stages.map(({ name, schema }) => [configDefinition(name), configSchema(name, schema)])),
    },
  };
}

function stageSchema(stage: Schema, stages: readonly EditorStage[]): unknown {
  return { ...namedStage(stage, stages), allOf: stages.map(whenUsed) };
}

function namedStage(stage: Schema, stages: readonly EditorStage[]): Schema {
  const properties = mapSchema(stage, orParameter).properties as Record<string, Schema>;
  const uses = { ...stage.properties?.uses, enum: stages.map(({ name }) => name) };
  return { ...stage, properties: { ...properties, uses } };
}

/** What a file that extends another may say: any part of a pipeline, and `null` for what it takes away. */
function changeSchema(document: Schema, definitions: Readonly<Record<string, Schema>>): unknown {
  const isOurs = ({ $ref = '' }: Schema) => Object.hasOwn(definitions, $ref.replace('#/$defs/', ''));
  const inPlace = (schema: Schema): Schema =>
    isOurs(schema) ? mapSchema(dereference(schema, { $defs: definitions }), inPlace) : schema;
  const { required: _all, ...change } = mapSchema(mapSchema(document, inPlace), partly);
  const { name, extends: base, $schema } = document.properties ?? {};
  return {
    ...change,
    required: ['name', 'extends'],
    properties: { ...change.properties, name, extends: base, $schema },
  };
}

/** The schema with nothing required, and `null` beside the value of each member. */
function partly({
  required: _required,
  minProperties: _fewest,
  ...schema
}: Schema & { minProperties?: number }): Schema {
  const orNull = (value: Schema): Schema => ({ anyOf: [value, { type: 'null' }] });
  const { properties, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, orNull(value)])),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: orNull(additionalProperties) }),
  };
}

function whenUsed({ name, definition }: EditorStage): unknown {
  const inputs = { additionalProperties: false, properties: inputSchemas(definition?.inputs ?? {}) };
  return {
    if: { required: ['uses'], properties: { uses: { const: name } } },
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
    then: { properties: { with: { $ref: `#/$defs/${configDefinition(name)}` }, ...(definition && { inputs }) } },
  };
}

/** A stage's schema as a definition of ours: its own `$defs` stay inside it and its references follow. */
function configSchema(stage: string, schema: Schema): Schema {
  const { $id: _id, $schema: _schema, ...rest } = schema as Schema & { readonly $schema?: string };
  return mapSchema(rest, (part) =>
    part.$ref?.startsWith('#')
      ? { ...part, $ref: part.$ref.replace('#', `#/$defs/${configDefinition(stage)}`) }
      : orParameter(part),
  );
}

function configDefinition(stage: string): string {
  return `with-${stage}`;
}

function orParameter(schema: Schema): Schema {
  const hasForm = schema.pattern !== undefined || ['integer', 'number', 'boolean'].includes(String(schema.type));
  const isScalar = schema.enum !== undefined || hasForm;
  if (!isScalar) return schema;
  const { title, description, default: preset, examples, ...constraint } = schema;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
    ...(examples !== undefined && { examples }),
    anyOf: [constraint, PARAMETER],
  };
}
