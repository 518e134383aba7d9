import { formatBytes } from '@retort/foundation/diagnostics';
import type { Architecture } from '@retort/plugin-kit';
import type { TeacherForwardConfig } from './config.generated.ts';
import type { storedLayers } from './stored-layers.ts';

export interface SignalCounts {
  readonly config: TeacherForwardConfig;
  readonly teacher: Pick<Architecture, 'hiddenSize' | 'heads'>;
  readonly layers: ReturnType<typeof storedLayers>;
  /** Logits of a row; 0 where they are not stored. */
  readonly classes: number;
  readonly rows: number;
  /** Stored positions over all rows. */
  readonly tokens: number;
  /** Squares of the stored lengths over all rows: attention grows with them. */
  readonly squares: number;
}

/** Bytes of all stored values; offsets and headers come on top, a few bytes a row. */
export function signalBytes({ config, teacher, layers, classes, rows, tokens, squares }: SignalCounts): number {
  const hidden = layers.hiddenStates.length * teacher.hiddenSize * tokens;
  const attention = layers.attentionScores.length * teacher.heads * squares;
  return Math.round((config.store.dtype === 'float16' ? 2 : 4) * (hidden + attention) + 4 * classes * rows);
}

export function overBudgetMessage(config: TeacherForwardConfig, bytes: number): string {
  return `The signals would take about ${formatBytes(bytes)}, but the budget is ${config.store.budget}. ${cheaper(config)}`;
}

function cheaper({ store }: TeacherForwardConfig): string {
  const ways = [
    store.dtype === 'float32' ? 'store float16 (half)' : undefined,
    store.hiddenStates === 'all' || store.attentionScores === 'all' ? 'store mapped layers only' : undefined,
    store.padding === 'reference'
      ? 'leave padded positions out (padding: masked, and a loss without reference padding)'
      : undefined,
    store.attentionScores === 'none' ? undefined : 'leave attention scores out (attentionScores: none)',
    store.logits && (store.hiddenStates !== 'none' || store.attentionScores !== 'none')
      ? 'store logits only'
      : undefined,
    'use fewer rows',
    'or raise the budget',
  ];
  return `Cheaper: ${ways.filter(Boolean).join('; ')}.`;
}
