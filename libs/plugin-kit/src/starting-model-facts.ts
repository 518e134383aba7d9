import { type Architecture, geometryProblems } from '@retort/families/geometry';
import { isSameTask } from '@retort/foundation/task';
import type { StageProblem } from './definition.ts';
import type { Facts } from './facts.ts';
import { tokensFitProblems } from './tokens-fit.ts';

/** How a stage that trains gets its model: new, from a geometry in its settings, or connected to go on with. */
export interface StartingModel {
  /** Name of the setting with the geometry. */
  readonly setting: string;
  /** Name of the input with the model that training continues from. */
  readonly input: string;
  readonly architecture: Architecture | undefined;
  /** Of a new classification head, where one is asked for; only of a stage that gives a model one. */
  readonly headKind?: string | undefined;
  /** Of the model whose embeddings and layers a new one starts from. */
  readonly layersOf?: Facts | undefined;
  readonly inputs: Readonly<Record<string, Facts>>;
}

/** What it reads. */
const TOKENS = ['tokens', 'validation'];

/** What is known of the model before anything has run. */
export function startingModelFacts({
  input,
  architecture,
  layersOf,
  inputs,
  headKind = inputs[input]?.headKind,
}: StartingModel): Facts {
  const { tokenizer, vocabularySize, maxSequenceLength } = inputs['tokens'] ?? {};
  const geometry = inputs[input] ? inputs[input].architecture : architecture;
  const { family, segmentTypes, embeddingSize } = inputs[input] ?? {};
  const before = inputs[input] ?? layersOf;
  const learned = before === undefined ? 0 : (before.learnedPositions ?? before.architecture?.maxPositions);
  return {
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(vocabularySize === undefined ? {} : { vocabularySize }),
    ...(geometry ? { architecture: geometry } : {}),
    ...(learned === undefined || maxSequenceLength === undefined || geometry === undefined
      ? {}
      : { learnedPositions: Math.min(Math.max(learned, maxSequenceLength), geometry.maxPositions) }),
    ...(family === undefined ? {} : { family }),
    ...(segmentTypes === undefined ? {} : { segmentTypes }),
    ...(embeddingSize === undefined ? {} : { embeddingSize }),
    ...(headKind === undefined ? {} : { headKind }),
  };
}

/** Exactly one of setting and input, a geometry that is possible and fits the tokens, and no other head than the one that is kept. */
export function startingModelProblems(start: StartingModel): StageProblem[] {
  const { setting, input, architecture, inputs } = start;
  const given = inputs[input];
  const lengths = TOKENS.flatMap((source) => inputs[source]?.maxSequenceLength ?? []);
  const problems = [
    ...(architecture
      ? geometryProblems(architecture, ['with', setting], lengths.length > 0 ? Math.max(...lengths) : undefined)
      : []),
    ...tokensFitProblems(inputs, [input], TOKENS),
    ...keptHeadProblems(start),
  ];
  if (Boolean(architecture) !== Boolean(given)) return problems;
  const message = given
    ? `"${input}" is connected and gives the geometry. Remove "${setting}" from the settings.`
    : `Give the geometry of a new model ("${setting}"), or connect "${input}" to continue with an existing one.`;
  return [...problems, { code: 'MODEL_OR_ARCHITECTURE', path: ['with'], message }];
}

function keptHeadProblems({ input, headKind, inputs }: StartingModel): StageProblem[] {
  const { task, headKind: kept } = inputs[input] ?? {};
  const isKept = task !== undefined && isSameTask(task, inputs['tokens']?.task ?? task);
  if (!isKept || headKind === undefined || kept === undefined || kept === headKind) return [];
  const message = `"${input}" has a trained head of kind ${kept}. Set "headKind" to "${kept}", or remove it.`;
  return [{ code: 'HEAD_KIND_DIFFERS', path: ['with', 'headKind'], message }];
}
