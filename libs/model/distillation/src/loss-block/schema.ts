import type { SettingsOf } from '@retort/foundation/extensions';
import { layerMappingSchema } from '../layer-mapping-schema.ts';
import { kindsOf, lossTerms } from '../terms/index.ts';
import { scheduledNumber } from '../terms/scheduled-number.ts';
import type { LossTerm } from '../terms/term.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What a loss block says besides its terms. */
const ownSettings = {
  layerMapping: layerMappingSchema,
  layerReduction: {
    description:
      'How the attention and hidden terms of several layers are combined. sum: as in the published TinyBERT code. mean: weights stay comparable between students of different depth.',
    enum: ['sum', 'mean'],
    default: 'sum',
  },
  projection: {
    description:
      "The learned map from the student's hidden size to the teacher's, removed after training. shared: one for all layers, as in the published TinyBERT code. embeddingApart: one for the embedding output and one for all layers, as in the paper's formulas. perLayer: one for each layer and one for the embedding output. none: needs equal hidden sizes.",
    enum: ['none', 'shared', 'embeddingApart', 'perLayer'],
    default: 'shared',
  },
  projectionBias: {
    description:
      "Whether a projection has a learned bias, as in the published TinyBERT code. The paper's formulas have none.",
    type: 'boolean',
    default: true,
  },
} as const;

/**
 * A validated loss block with its defaults filled in: these settings, and a member for each term, which `activeTerms`
 * reads. Which members those are depends on the plug-ins.
 */
export type LossBlock = SettingsOf<{ readonly properties: typeof ownSettings }>;

export function isTermMember(member: string): boolean {
  return !Object.hasOwn(ownSettings, member);
}

/** The schema of a loss block over all terms, built-in ones and those of plug-ins. Its parts refer to `$defs`. */
export function lossBlockSchema(): Schema & {
  readonly properties: Readonly<Record<string, object>>;
  readonly $defs: Readonly<Record<string, Schema>>;
} {
  return {
    title: 'LossBlock',
    // Its terms depend on the plug-ins, so that no generated type can list them.
    $comment: "TypeScript: import('@retort/distillation/loss-block').LossBlock",
    description:
      'What the student is trained on: a weighted sum of terms. A term that is left out has weight 0, costs nothing and needs no answers from the teacher.',
    type: 'object',
    additionalProperties: false,
    examples: EXAMPLES,
    properties: {
      ...Object.fromEntries(lossTerms.all().map((term) => [term.name, termSchema(term)])),
      ...ownSettings,
    },
    $defs: {
      lossWeight: scheduledNumber({
        name: 'Weight',
        description:
          'Weight of this term in the loss, at least 0: a number, or a schedule over the steps. 0 turns the term off.',
        minimum: 0,
      }),
    },
  };
}

/** A term of a plug-in has no default: a pipeline that does not name it is the same with the plug-in and without it. */
function termSchema(term: LossTerm): Schema {
  const { properties, ...rest } = term.schema as Schema & { readonly properties: Schema };
  const kinds = kindsOf(term);
  const kind = {
    description: [term.kinds?.description, ...kinds.map(({ name, description }) => `${name}: ${description}`)].join(
      ' ',
    ),
    enum: kinds.map(({ name }) => name),
    default: kinds[0]?.name,
  };
  return {
    description: term.description,
    ...rest,
    ...(lossTerms.builtIn.includes(term) && { default: {} }),
    type: 'object',
    additionalProperties: false,
    properties: {
      weight: { $ref: '#/$defs/lossWeight', default: 0 },
      ...(kinds.length > 0 && { kind }),
      ...properties,
    },
  };
}

const EXAMPLES = [
  { attention: { weight: 1 }, hidden: { weight: 1 }, embedding: { weight: 1 } },
  {
    logits: { weight: 0.5, kind: 'klDivergence', temperature: 4, scaleByTemperatureSquared: true },
    labels: { weight: 0.5 },
  },
  {
    attention: { weight: 1, kind: 'klDivergence', layerPairs: [{ student: 4, teacher: 12 }] },
    hidden: { weight: 1, kind: 'cosine' },
  },
  { hidden: { weight: 1 }, layerMapping: { kind: 'list', layers: [1, 12] }, layerReduction: 'mean' },
  {
    logits: {
      weight: { kind: 'linear', from: 0, to: 1 },
      temperature: { kind: 'step', from: 5, changes: [{ at: 0.5, to: 1 }] },
    },
    attention: { weight: 1, layerPairs: [{ student: 1, teacher: 6 }] },
  },
];
