import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import type { TeacherForwardConfig } from './config.generated.ts';

/** Teacher layers to store: hidden states of 0…N (0 is the embedding output), attention scores of 1…N. */
export function storedLayers(
  config: TeacherForwardConfig,
  teacherLayers: number,
): { hiddenStates: number[]; attentionScores: number[] } {
  const all = Array.from({ length: teacherLayers + 1 }, (_, layer) => layer);
  const mapped = () => {
    const mapping = resolveLayerMapping({
      choice: config.layerMapping,
      studentLayers: config.studentLayers as number,
      teacherLayers,
    });
    return [...new Set(mapping)].sort((a, b) => a - b);
  };
  const choose = (choice: 'none' | 'mapped' | 'all') => (choice === 'none' ? [] : choice === 'all' ? all : mapped());
  return {
    hiddenStates: choose(config.store.hiddenStates),
    attentionScores: choose(config.store.attentionScores).filter((layer) => layer > 0),
  };
}
