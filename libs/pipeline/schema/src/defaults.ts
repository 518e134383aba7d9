import { isObject } from './json-value.ts';
import { chooseBranch, dereference, type Schema } from './schema.ts';

/**
 * A copy of `value` with every default of `schema` made explicit, also inside lists and the chosen branch of a union.
 *
 * Ajv's `useDefaults` stops at `oneOf`; here one function does it everywhere. A value of a wrong type is left as it is: the
 * validator reports it.
 */
export function withDefaults(schema: Schema, value: unknown, root: Schema = schema): unknown {
  const full = dereference(schema, root);
  const filled = Array.isArray(value)
    ? fillItems(full, value, root)
    : isObject(value)
      ? fillMembers(full, value, root)
      : value;
  const branch = chooseBranch(full, filled, root);
  return branch === undefined ? filled : withDefaults(branch, filled, root);
}

function fillItems({ items }: Schema, value: readonly unknown[], root: Schema): unknown[] {
  return items === undefined ? [...value] : value.map((item) => withDefaults(items, item, root));
}

function fillMembers(
  { properties = {}, additionalProperties }: Schema,
  value: Record<string, unknown>,
  root: Schema,
): unknown {
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const given = Object.entries(value).map(([name, inner]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : others;
    return [name, schema === undefined ? inner : withDefaults(schema, inner, root)] as const;
  });
  const missing = Object.entries(properties).flatMap(([name, property]) => {
    const preset = dereference(property, root).default;
    const isMissing = !Object.hasOwn(value, name) && preset !== undefined;
    return isMissing ? [[name, withDefaults(property, structuredClone(preset), root)] as const] : [];
  });
  return Object.fromEntries([...given, ...missing]);
}
