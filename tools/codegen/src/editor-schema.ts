import { GENERATED_BY } from './command.ts';
import { mapSchema, type Schema } from './schema.ts';
import type { StageSource } from './stage-sources.ts';

const PARAMETER = { $ref: '#/$defs/parameter' } as const;

/**
 * The schema that editors complete with: the envelope, and for each `uses` the settings and roles of that stage.
 *
 * Wherever a stage wants a number, a boolean or a choice, `"${params.name}"` is allowed as well: the pipeline replaces it
 * before it validates.
 */
export function editorSchema(envelope: Schema, stages: readonly StageSource[]): unknown {
  const { $schema, ...rest } = envelope as Schema & { readonly $schema?: string };
  const { stage, run, ...otherDefinitions } = envelope.$defs ?? {};
  return {
    $schema,
    $comment: GENERATED_BY,
    ...rest,
    $defs: {
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

function stageSchema(stage: Schema, stages: readonly StageSource[]): unknown {
  const properties = mapSchema(stage, orParameter).properties as Record<string, Schema>;
  const uses = { ...stage.properties?.uses, enum: stages.map(({ name }) => name) };
  return { ...stage, properties: { ...properties, uses }, allOf: stages.map(whenUsed) };
}

function whenUsed({ name, definition }: StageSource): unknown {
  const roles = Object.entries(definition?.inputs ?? {});
  const inputs = {
    additionalProperties: false,
    properties: Object.fromEntries(
      roles.map(([role, port]) => [role, { type: 'string', description: port.description }]),
    ),
  };
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
  const isScalar = schema.enum !== undefined || ['integer', 'number', 'boolean'].includes(String(schema.type));
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
