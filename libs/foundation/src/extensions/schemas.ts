import type { Extension } from './extension.ts';

type Schema = Readonly<Record<string, unknown>>;

const NO_SETTINGS = { type: 'object', additionalProperties: false, properties: {} };

function schemaOf({ schema = NO_SETTINGS, description }: Extension): Schema {
  return { description, ...schema };
}

/** Schema of a setting that is the name of one of these: `"accuracy"`. */
export function nameSchema(extensions: readonly Extension[], description: string): Schema {
  const list = extensions.map((each) => `${each.name}: ${each.description}`);
  return { enum: extensions.map(({ name }) => name), description: [description, ...list].join('\n') };
}

/** Properties of a setting that has a member for each: `{ "attention": { … }, "logits": { … } }`. */
export function memberSchemas(extensions: readonly Extension[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(extensions.map((each) => [each.name, schemaOf(each)]));
}

export interface ChoiceOptions {
  /** The name that is meant where none is given. */
  readonly preset?: string;
  /** Settings that each of them has besides its own. */
  readonly shared?: { readonly properties: Schema; readonly required?: readonly string[] };
}

/** Schema of a setting that is one of these, with its settings beside its name: `{ "kind": "adamw", "beta1": 0.9 }`. */
export function choiceSchema(
  extensions: readonly Extension[],
  description: string,
  { preset, shared = { properties: {} } }: ChoiceOptions = {},
): Schema {
  const branches = extensions.map((each) => {
    const schema = schemaOf(each) as { readonly properties?: Schema; readonly required?: readonly string[] };
    const { properties = {}, required = [] } = schema;
    return {
      ...schema,
      required: ['kind', ...(shared.required ?? []), ...required],
      properties: { kind: { const: each.name }, ...shared.properties, ...properties },
    };
  });
  const kind = { ...nameSchema(extensions, 'Which one.'), ...(preset !== undefined && { default: preset }) };
  return {
    description,
    type: 'object',
    properties: { kind },
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: branches,
  };
}
