import { isObject } from './json-value.ts';
import type { Schema } from './schema.ts';

/** Settings that an earlier version wrote, under the names that they have now. */
export function inCurrentWords(schema: unknown, settings: unknown): unknown {
  const { 'x-renamed': renamed = {} } = schema as Schema;
  if (!isObject(settings)) return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [Object.hasOwn(renamed, name) ? renamed[name] : name, value]),
  );
}
