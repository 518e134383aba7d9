import type { LayerPair, LossLayers, TermCheck, TermProblem } from './term.ts';

/** The setting `padding` of a term that compares positions. */
export const padding = {
  description:
    'masked: padded positions are left out of the mean, so the loss does not depend on the padding of a batch. reference: they count, as in the published TinyBERT code.',
  enum: ['masked', 'reference'],
  default: 'masked',
} as const;

/** What follows from that setting. Held-out losses leave padding out, since stored answers rarely have it. */
export const paddable = {
  countsPadding: (settings: { readonly padding: 'masked' | 'reference' }) => settings.padding === 'reference',
  heldOut: <Settings>(settings: Settings): Settings => ({ ...settings, padding: 'masked' }),
};

const layer = (description: string, minimum: number) => ({ description, type: 'integer', minimum }) as const;

/** The setting `layerPairs` of a term whose signal starts at this layer. */
export function layerPairsSetting(firstLayer: 0 | 1) {
  const embedding = firstLayer === 0 ? '; 0 is the embedding output' : '';
  return {
    description: `Pairs of layers to compare instead of those of layerMapping. Layers are counted from 1${embedding}.`,
    type: 'array',
    minItems: 1,
    items: {
      title: 'LayerPair',
      type: 'object',
      additionalProperties: false,
      required: ['student', 'teacher'],
      properties: {
        student: layer('Layer of the student.', firstLayer),
        teacher: layer('Layer of the teacher that it learns from.', firstLayer),
      },
    },
  } as const;
}

interface OwnPairs {
  readonly layerPairs?: readonly LayerPair[];
}

/** What follows from that setting: its pairs, or those of the mapping. */
export const mappable = {
  followsMapping: ({ layerPairs }: OwnPairs) => layerPairs === undefined,
  layerPairs: ({ layerPairs }: OwnPairs, { mapping }: LossLayers) =>
    layerPairs ?? mapping.slice(1).map((teacher, i) => ({ student: i + 1, teacher })),
};

/** Layers of pairs that a model does not have. */
export function pairProblems(
  { settings, student, teacher }: TermCheck<OwnPairs>,
  { term, firstLayer }: { readonly term: string; readonly firstLayer: 0 | 1 },
): TermProblem[] {
  const models = { student, teacher };
  return (['student', 'teacher'] as const).flatMap((model) =>
    (settings.layerPairs ?? []).flatMap((pair, i) => {
      const layers = models[model]?.layers;
      if (layers === undefined || pair[model] <= layers) return [];
      const message = `The ${term} term compares ${model} layer ${pair[model]}, but the ${model} has layers ${firstLayer} to ${layers}.`;
      return [{ code: 'LOSS_LAYER_OUT_OF_RANGE', path: ['layerPairs', i, model], message }];
    }),
  );
}
