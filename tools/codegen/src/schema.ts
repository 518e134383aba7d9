/** The part of JSON Schema 2020-12 that our schemas use. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $comment?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** Applies `change` to every schema inside `schema`, inner ones first, and to `schema` itself. */
export function mapSchema(schema: Schema, change: (schema: Schema) => Schema): Schema {
  const inner = (part: Schema) => mapSchema(part, change);
  return change({
    ...schema,
    ...(schema.$defs && { $defs: mapValues(schema.$defs, inner) }),
    ...(schema.properties && { properties: mapValues(schema.properties, inner) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: inner(schema.additionalProperties),
    }),
    ...(schema.items && { items: inner(schema.items) }),
    ...(schema.oneOf && { oneOf: schema.oneOf.map(inner) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(inner) }),
  });
}

/** The schema that a local `$ref` names, with what stands beside the reference (description, default) on top. */
export function dereference(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = /^#\/\$defs\/([^/]+)$/.exec(schema.$ref)?.[1];
  const target = name === undefined ? undefined : root.$defs?.[name];
  if (target === undefined) throw new Error(`$ref ${schema.$ref} leads nowhere; only #/$defs/<name> is supported`);
  const { $ref: _ref, ...beside } = schema;
  return { ...dereference(target, root), ...beside };
}

function mapValues(
  record: Readonly<Record<string, Schema>>,
  change: (schema: Schema) => Schema,
): Record<string, Schema> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
