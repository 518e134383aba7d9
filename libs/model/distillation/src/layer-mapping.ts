import { RetortError, type SettingProblem } from '@retort/foundation/diagnostics';
import type { SettingsOf } from '@retort/foundation/extensions';
import { layerMappingSchema } from './layer-mapping-schema.ts';

export { layerMappingSchema };

/** How student layers are matched with teacher layers, as a pipeline file says it. */
export type LayerMappingChoice = SettingsOf<{
  readonly properties: { readonly choice: typeof layerMappingSchema };
}>['choice'];

/**
 * `layerMapping[m]` is the teacher layer that student layer m learns from, m = 0…M. Layer 0 is the embedding output and
 * learns from 0; 1…N are Transformer layers. Both hidden states and attention scores follow it.
 */
export type LayerMapping = readonly number[];

export interface LayerMappingRequest {
  readonly choice: LayerMappingChoice;
  /** M, Transformer layers of the student */
  readonly studentLayers: number;
  /** N, Transformer layers of the teacher */
  readonly teacherLayers: number;
}

/**
 * The layer mapping that a choice stands for: `uniform` is m -> m · N / M (4 of 12: 3, 6, 9, 12), `top` is
 * m -> m + N - M, `bottom` is m -> m.
 *
 * @throws RetortError with the code of the first problem; ask `layerMappingProblems` before for all of them
 * @see TinyBERT, arXiv:1909.10351, mapping function g(m)
 */
export function resolveLayerMapping(request: LayerMappingRequest): LayerMapping {
  const [problem] = layerMappingProblems(request);
  if (problem !== undefined) throw new RetortError(problem.code, problem.message);
  return [0, ...transformerLayers(request)];
}

function transformerLayers({ choice, studentLayers, teacherLayers }: LayerMappingRequest): readonly number[] {
  const layers = Array.from({ length: studentLayers }, (_, i) => i + 1);
  switch (choice.kind) {
    case 'uniform':
      return layers.map((layer) => (layer * teacherLayers) / studentLayers);
    case 'top':
      return layers.map((layer) => layer + teacherLayers - studentLayers);
    case 'bottom':
      return layers;
    case 'list':
      return choice.layers;
  }
}

/** Everything that keeps a choice from being a mapping; empty when it is one. `path` is relative to the choice: `['layers', 3]`. */
export function layerMappingProblems(request: LayerMappingRequest): readonly SettingProblem[] {
  const { choice, studentLayers, teacherLayers } = request;
  if (choice.kind === 'list')
    return [...lengthProblems(choice.layers, studentLayers), ...rangeProblems(choice.layers, teacherLayers)];
  if (studentLayers > teacherLayers) return [tooDeep(request)];
  if (choice.kind === 'uniform' && teacherLayers % studentLayers !== 0) return [notUniform(request)];
  return [];
}

function tooDeep({ choice, studentLayers, teacherLayers }: LayerMappingRequest): SettingProblem {
  return {
    code: 'LAYER_MAPPING_TOO_DEEP',
    path: ['kind'],
    message:
      `Layer mapping "${choice.kind}" gives each student layer a different teacher layer, but the student has ` +
      `${studentLayers} layers and the teacher only ${teacherLayers}. Give the student fewer layers, or write the mapping as a list.`,
  };
}

function notUniform({ studentLayers, teacherLayers }: LayerMappingRequest): SettingProblem {
  return {
    code: 'LAYER_MAPPING_NOT_UNIFORM',
    path: ['kind'],
    message:
      `Layer mapping "uniform" takes every (N / M)th teacher layer, but the teacher's ${teacherLayers} layers are not a multiple of ` +
      `the student's ${studentLayers}. Change the student's layers, or use "top", "bottom" or a list.`,
  };
}

function lengthProblems(layers: readonly number[], studentLayers: number): SettingProblem[] {
  if (layers.length === studentLayers) return [];
  const message =
    `The layer mapping lists ${layers.length} teacher layers, but the student has ${studentLayers} layers. ` +
    'List one teacher layer for each student layer from 1. The embedding output is always mapped to the embedding output.';
  return [{ code: 'LAYER_MAPPING_LENGTH', path: ['layers'], message }];
}

function rangeProblems(layers: readonly number[], teacherLayers: number): SettingProblem[] {
  return layers.flatMap((teacherLayer, i) => {
    if (Number.isInteger(teacherLayer) && teacherLayer >= 1 && teacherLayer <= teacherLayers) return [];
    const message =
      `Student layer ${i + 1} is mapped to teacher layer ${teacherLayer}, but the teacher has the Transformer layers 1 to ` +
      `${teacherLayers} (0 is the embedding output).`;
    return [{ code: 'LAYER_MAPPING_OUT_OF_RANGE', path: ['layers', i], message }];
  });
}
