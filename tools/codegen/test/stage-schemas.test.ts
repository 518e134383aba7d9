import { resolve } from 'node:path';
import { mapSchema, type Schema, validateAgainstSchema, withDefaults } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { findStages } from '../src/stage-sources.ts';

const { stages, problems } = await findStages(resolve(import.meta.dirname, '../../..'));

/** Settings without a description; a discriminator's constant explains itself. */
function undescribed(root: Schema): string[] {
  const found: string[] = [];
  mapSchema(root, (schema) => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const target = root.$defs?.[property.$ref?.replace('#/$defs/', '') ?? ''];
      if (property.const === undefined && (property.description ?? target?.description) === undefined) found.push(name);
    }
    return schema;
  });
  return found;
}

/** A union is closed where its branches are, which are seen one by one. */
function openObjects(root: Schema): string[] {
  const found: string[] = [];
  mapSchema(root, (schema) => {
    if (schema.properties !== undefined && schema.oneOf === undefined && schema.additionalProperties === undefined)
      found.push(Object.keys(schema.properties).join());
    return schema;
  });
  return found;
}

it('every stage package can be loaded', () => {
  expect(stages.length).toBeGreaterThan(0);
  expect(problems).toEqual([]);
});

describe.each(stages.map(({ name, schema }) => [name, schema] as const))('stage.schema.json of %s', (_name, schema) => {
  it('compiles strictly, and its defaults satisfy it', () => {
    const wrong = validateAgainstSchema(schema, withDefaults(schema, {})).filter(
      ({ code }) => code !== 'PIPELINE_MISSING_FIELD',
    );
    expect(wrong).toEqual([]);
  });

  it('is closed, and describes every setting', () => {
    expect(undescribed(schema)).toEqual([]);
    expect(openObjects(schema)).toEqual([]);
  });
});
