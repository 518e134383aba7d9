import { defineStage, type StageDefinition } from '@retort/plugin-kit';

const trainSchema = {
  $id: 'https://retort.dev/schemas/test-train.schema.json',
  title: 'train',
  description: 'Settings of train.',
  type: 'object',
  additionalProperties: false,
  required: ['student'],
  'x-renamed': { rows: 'batchSize' },
  properties: {
    student: {
      type: 'object',
      description: 'Geometry of the student.',
      additionalProperties: false,
      required: ['layers'],
      properties: {
        layers: { type: 'integer', minimum: 1, maximum: 48, description: 'Transformer layers.' },
        heads: { type: 'integer', minimum: 1, default: 4, description: 'Attention heads.' },
      },
    },
    loss: {
      type: 'object',
      default: {},
      description: 'Terms.',
      additionalProperties: false,
      properties: {
        attention: { $ref: '#/$defs/term', default: {}, description: 'Attention term.' },
        hidden: { $ref: '#/$defs/term', default: {}, description: 'Hidden-state term.' },
      },
    },
    optimizer: {
      type: 'object',
      default: { kind: 'adamw' },
      description: 'Optimizer.',
      discriminator: { propertyName: 'kind' },
      oneOf: [{ $ref: '#/$defs/adamw' }, { $ref: '#/$defs/sgd' }],
    },
    batchSize: { type: 'integer', minimum: 1, default: 32, description: 'Rows per step.' },
    tag: { type: 'string', default: 'none', description: 'A word.' },
    mode: { enum: ['fast', 'exact'], default: 'exact', description: 'How.' },
    shuffle: { type: 'boolean', default: true, description: 'Whether rows are shuffled.' },
    layers: { type: 'array', default: [], items: { type: 'integer', minimum: 0 }, description: 'Layers.' },
  },
  $defs: {
    term: {
      type: 'object',
      additionalProperties: false,
      properties: {
        weight: {
          description: 'A number or a schedule.',
          default: 1,
          oneOf: [{ type: 'number', minimum: 0 }, { $ref: '#/$defs/schedule' }],
        },
      },
    },
    schedule: {
      type: 'object',
      additionalProperties: false,
      required: ['from', 'to'],
      properties: {
        from: { type: 'number', description: 'Start.' },
        to: { type: 'number', description: 'End.' },
        steps: { type: 'integer', default: 100, description: 'Length.' },
      },
    },
    adamw: {
      type: 'object',
      additionalProperties: false,
      required: ['kind'],
      properties: {
        kind: { const: 'adamw' },
        learningRate: { type: 'number', exclusiveMinimum: 0, default: 0.001, description: 'Step size.' },
      },
    },
    sgd: {
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'momentum'],
      properties: { kind: { const: 'sgd' }, momentum: { type: 'number', description: 'Momentum.' } },
    },
  },
};

const sourceSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { rows: { type: 'integer', minimum: 1, default: 10, description: 'Rows.' } },
};

const base = { version: 1, usesEngine: false, usesSeed: true };

/** Two kinds of stage with everything that settings can be: unions, references, lists, choices. */
export const registry: ReadonlyMap<string, StageDefinition> = new Map(
  [
    defineStage()({
      ...base,
      kind: 'source',
      description: 'Makes text.',
      configSchema: sourceSchema,
      inputs: { files: { types: ['text'], description: 'Files.', optional: true, path: { kind: 'files' } } },
      outputs: () => ({ text: { type: 'text', description: 'Text.' } }),
      module: '@retort/stage-source/run',
    }),
    defineStage()({
      ...base,
      kind: 'train',
      description: 'Trains.',
      configSchema: trainSchema,
      inputs: { text: { types: ['text'], description: 'Text.' } },
      outputs: () => ({ student: { type: 'model', description: 'The student.' } }),
      module: '@retort/stage-train/run',
    }),
  ].map((definition) => [definition.kind, definition]),
);
