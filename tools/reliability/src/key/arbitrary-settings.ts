import fc from 'fast-check';

/** The part of JSON Schema that stage schemas use. References have the form `#/$defs/<name>`. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

const MANY = 1_000_000;

/** Settings that a schema allows, as far as it says so itself; what it says in words is for the caller to filter. */
export function arbitrarySettings(schema: Schema, root: Schema = schema): fc.Arbitrary<unknown> {
  const full = resolved(schema, root);
  const branches = full.oneOf ?? full.anyOf;
  if (full.const !== undefined) return fc.constant(full.const);
  if (full.enum !== undefined) return fc.constantFrom(...full.enum);
  if (branches !== undefined) return fc.oneof(...branches.map((branch) => arbitrarySettings(branch, root)));
  switch ([full.type].flat()[0]) {
    case 'integer':
      return fc.integer({ min: Math.ceil(lowest(full)), max: Math.floor(highest(full)) });
    case 'number':
      return arbitraryNumber(full);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return arbitraryText(full);
    case 'array':
      return arbitraryList(full, root);
    default:
      return arbitraryObject(full, root);
  }
}

/** The schema that a reference leads to, with what stands beside the reference on top. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const target = root.$defs?.[$ref.replace('#/$defs/', '')];
  if (target === undefined) throw new Error(`${$ref} leads nowhere`);
  return { ...resolved(target, root), ...beside };
}

function lowest({ minimum, exclusiveMinimum }: Schema): number {
  return minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);
}

function highest({ maximum, exclusiveMaximum, ...schema }: Schema): number {
  return Math.min(maximum ?? exclusiveMaximum ?? MANY, lowest(schema) + MANY);
}

function arbitraryNumber(schema: Schema): fc.Arbitrary<number> {
  const min = schema.minimum ?? schema.exclusiveMinimum ?? -1000;
  const max = schema.maximum ?? schema.exclusiveMaximum ?? min + 1000;
  return fc.double({
    min,
    max,
    minExcluded: schema.exclusiveMinimum !== undefined,
    maxExcluded: schema.exclusiveMaximum !== undefined,
    noNaN: true,
  });
}

/** Text with a form has only its examples; other text may be anything. */
function arbitraryText({ pattern, examples = [], default: preset }: Schema): fc.Arbitrary<unknown> {
  const known = [...examples, ...(preset === undefined ? [] : [preset])].filter((text) => typeof text === 'string');
  return pattern !== undefined && known.length > 0
    ? fc.constantFrom(...known)
    : fc.string({ minLength: 1, maxLength: 8 });
}

function arbitraryList({ items = {}, minItems = 0, maxItems = 4, uniqueItems }: Schema, root: Schema) {
  const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, minItems + 3)) };
  const item = arbitrarySettings(items, root);
  return uniqueItems ? fc.uniqueArray(item, { ...bounds, comparator: 'SameValue' }) : fc.array(item, bounds);
}

function arbitraryObject({ properties = {}, required = [] }: Schema, root: Schema): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, property]) => [name, arbitrarySettings(property, root)]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [...required],
  });
}
