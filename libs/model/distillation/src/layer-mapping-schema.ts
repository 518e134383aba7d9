/** The setting `layerMapping`, of a loss block and of the stage that stores signals. */
export const layerMappingSchema = {
  description:
    'Which teacher layer each student layer learns from. The embedding output always learns from the embedding output.',
  type: 'object',
  discriminator: { propertyName: 'kind' },
  oneOf: [
    {
      title: 'NamedLayerMapping',
      type: 'object',
      additionalProperties: false,
      required: ['kind'],
      properties: {
        kind: {
          description:
            'uniform: every (N / M)th teacher layer, where N is a multiple of M. top: the last M teacher layers. bottom: the first M.',
          enum: ['uniform', 'top', 'bottom'],
        },
      },
    },
    {
      title: 'ListedLayerMapping',
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'layers'],
      properties: {
        kind: { description: 'list: one teacher layer for each student layer.', const: 'list' },
        layers: {
          description: 'Teacher layers for the student layers 1 to M, in order. Layers are counted from 1.',
          type: 'array',
          minItems: 1,
          items: { type: 'integer', minimum: 1 },
        },
      },
    },
  ],
  default: { kind: 'uniform' },
  examples: [{ kind: 'top' }, { kind: 'list', layers: [3, 6, 9, 12] }],
} as const;
