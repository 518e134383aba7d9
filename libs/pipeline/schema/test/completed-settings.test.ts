import { defineStage } from '@retort/plugin-kit';
import { describe, expect, it } from 'vitest';
import { useWorkspace } from './workspace.ts';

const weight = {
  description: 'A number or a schedule.',
  default: 0,
  anyOf: [
    { type: 'number', minimum: 0 },
    {
      type: 'object',
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          type: 'object',
          additionalProperties: false,
          required: ['kind', 'value'],
          properties: { kind: { const: 'constant' }, value: { type: 'number', minimum: 0, description: 'The value.' } },
        },
        {
          type: 'object',
          additionalProperties: false,
          required: ['kind', 'from', 'to'],
          properties: {
            kind: { enum: ['linear', 'cosine'] },
            from: { type: 'number', minimum: 0, description: 'First value.' },
            to: { type: 'number', minimum: 0, description: 'Last value.' },
            begin: { type: 'number', default: 0, description: 'Where it starts to move.' },
          },
        },
      ],
    },
  ],
};

/** A stage with a preset that stands for two settings, one of which depends on what is connected. */
const brew = defineStage()({
  kind: 'brew',
  version: 1,
  description: 'Brews.',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      preset: { enum: ['strong'], description: 'How.' },
      minutes: { type: 'integer', default: 3, description: 'Time.' },
      milk: { type: 'boolean', default: false, description: 'With milk.' },
      weight,
    },
  },
  complete: ({ preset, ...given }, connected) =>
    preset === 'strong' ? { minutes: 7, milk: connected.includes('milk'), ...given } : { preset, ...given },
  inputs: { milk: { types: ['text'], description: 'Milk.', optional: true } },
  outputs: () => ({ text: { type: 'text', description: 'Tea.' } }),
  usesEngine: false,
  usesSeed: false,
  module: '@retort/none',
});
const registry = new Map([['brew', brew]]);
const workspace = useWorkspace();

async function config(settings: object, inputs: object = {}, set: readonly string[] = []): Promise<unknown> {
  workspace.write('tea', {
    name: 'tea',
    params: { how: { type: 'string', default: 'strong', description: 'How' } },
    stages: { cup: { uses: 'brew', inputs, with: settings }, dairy: { uses: 'brew' } },
  });
  return (await workspace.load('tea', { registry, set })).stages.get('cup')?.config;
}

async function problems(settings: object): Promise<string> {
  workspace.write('tea', { name: 'tea', stages: { cup: { uses: 'brew', with: settings } } });
  return workspace.problems('tea', { registry });
}

describe('settings that a stage completes', () => {
  it('come before the schema’s defaults, and what is given wins', async () => {
    expect(await config({ preset: 'strong' })).toEqual({ minutes: 7, milk: false, weight: 0 });
    expect(await config({ preset: 'strong', minutes: 4 })).toEqual({ minutes: 4, milk: false, weight: 0 });
    expect(await config({})).toEqual({ minutes: 3, milk: false, weight: 0 });
  });

  it('see parameters and overrides as values, and the inputs that are connected', async () => {
    expect(await config({ preset: '${params.how}' })).toMatchObject({ minutes: 7 });
    expect(await config({}, {}, ['stages.cup.with.preset=strong'])).toMatchObject({ minutes: 7 });
    expect(await config({ preset: 'strong' }, { milk: 'dairy.text' })).toMatchObject({ milk: true });
  });

  it('are left to the schema where they are not understood', async () => {
    expect(await problems({ preset: 'strnog' })).toMatchInlineSnapshot(`
      "PIPELINE_NOT_A_CHOICE   tea.pipeline.json:7:19  /stages/cup/with/preset
        Expected "strong", got "strnog". Did you mean "strong"?"
    `);
  });
});

describe('a union inside a union', () => {
  it('is filled in by the branch of a branch', async () => {
    expect(await config({ weight: { kind: 'linear', from: 1, to: 0 } })).toMatchObject({
      weight: { kind: 'linear', from: 1, to: 0, begin: 0 },
    });
  });

  it('reports what is wrong with the branch that was meant, and nothing else', async () => {
    const found: string[] = [];
    for (const given of [
      { kind: 'linear', from: 1 },
      { kind: 'linear', from: -1, to: 0 },
      { kind: 'constant', value: 1, to: 0 },
      { kind: 'sine' },
      { from: 1 },
      'much',
    ])
      found.push(await problems({ weight: given }));
    expect(found.join('\n\n')).toMatchInlineSnapshot(`
      "PIPELINE_MISSING_FIELD   tea.pipeline.json:7:19  /stages/cup/with/weight
        The setting "to" is missing. Last value.

      PIPELINE_OUT_OF_RANGE   tea.pipeline.json:9:19  /stages/cup/with/weight/from
        Expected a number >= 0, got -1.

      PIPELINE_UNKNOWN_FIELD   tea.pipeline.json:10:11  /stages/cup/with/weight/to
        No setting is named "to" here. Known: kind, value.

      PIPELINE_NOT_A_CHOICE   tea.pipeline.json:8:19  /stages/cup/with/weight/kind
        Expected "constant", "linear" or "cosine", got "sine". Did you mean "cosine"?

      PIPELINE_MISSING_FIELD   tea.pipeline.json:7:19  /stages/cup/with/weight
        The setting "kind" is missing. Expected "constant", "linear" or "cosine".

      PIPELINE_WRONG_TYPE   tea.pipeline.json:7:19  /stages/cup/with/weight
        Expected a number or an object, got "much" (string)."
    `);
  });
});
