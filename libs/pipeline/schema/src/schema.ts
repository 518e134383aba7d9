import { isObject, member } from './json-value.ts';

/** The part of JSON Schema 2020-12 that our schemas use. References have the form `#/$defs/<name>`. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $comment?: string;
  readonly title?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  /** Members that had another name once -> the name that they have. */
  readonly 'x-renamed'?: Readonly<Record<string, string>>;
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

function mapValues(
  record: Readonly<Record<string, Schema>>,
  change: (schema: Schema) => Schema,
): Record<string, Schema> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** The schema that a reference leads to, itself, so that it can be compared by identity. */
export function target(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  const found = schema.$ref.startsWith('#/$defs/') ? root.$defs?.[name] : undefined;
  if (found === undefined) throw new Error(`$ref ${schema.$ref} leads nowhere; only #/$defs/<name> is supported`);
  return target(found, root);
}

/** The schema that a reference leads to, with what stands beside the reference (description, default) on top. */
export function dereference(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref: _ref, ...beside } = schema;
  return { ...target(schema, root), ...beside };
}

/** The alternatives of a union; empty for any other schema. */
export function branches(schema: Schema): readonly Schema[] {
  return schema.oneOf ?? schema.anyOf ?? [];
}

/** The schema and all alternatives inside it: what a value could have to satisfy. */
export function alternatives(schema: Schema, root: Schema): Schema[] {
  const full = dereference(schema, root);
  return [full, ...branches(full).flatMap((branch) => alternatives(branch, root))];
}

/**
 * The branch of a union that a value was meant for: by the discriminator, else by the JSON type, else by the constants of
 * its members. Undefined when none fits, or when `schema` is no union. Returns the branch's `target`.
 */
export function chooseBranch(schema: Schema, value: unknown, root: Schema): Schema | undefined {
  const all = branches(schema).map((branch) => target(branch, root));
  const tag = schema.discriminator?.propertyName;
  if (tag !== undefined) return all.find((branch) => hasConstant(branch.properties?.[tag], member(value, tag)));
  const fitting = all.filter((branch) => hasType(branch, value));
  return fitting.find((branch) => constantsFit(branch, value)) ?? fitting[0];
}

/** The values that a discriminator may have. */
export function tagValues(schema: Schema, root: Schema): unknown[] {
  const tag = schema.discriminator?.propertyName ?? '';
  return branches(schema).flatMap((branch) => constants(target(branch, root).properties?.[tag]));
}

/** JSON types that a schema allows by `type` or constants, its branches left aside. */
export function ownTypes(schema: Schema): readonly string[] {
  return schema.type === undefined ? constants(schema).map(jsonType) : [schema.type].flat();
}

/** JSON types that a schema or one of its branches allows. */
export function typesOf(schema: Schema, root: Schema): string[] {
  return [
    ...new Set([...ownTypes(schema), ...branches(schema).flatMap((branch) => typesOf(target(branch, root), root))]),
  ];
}

function constantsFit(branch: Schema, value: unknown): boolean {
  const fixed = Object.entries(branch.properties ?? {}).filter(([, property]) => constants(property).length > 0);
  return (
    isObject(value) && fixed.length > 0 && fixed.every(([name, property]) => hasConstant(property, member(value, name)))
  );
}

function hasConstant(schema: Schema | undefined, value: unknown): boolean {
  return value !== undefined && constants(schema).includes(value);
}

function constants(schema: Schema | undefined): readonly unknown[] {
  if (schema?.const !== undefined) return [schema.const];
  return schema?.enum ?? [];
}

function hasType(schema: Schema, value: unknown): boolean {
  const type = jsonType(value);
  const allowed = ownTypes(schema);
  return allowed.includes(type) || (type === 'number' && allowed.includes('integer'));
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
