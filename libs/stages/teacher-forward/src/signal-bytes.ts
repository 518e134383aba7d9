import { type Answer, answerSize, hasPositions, type SignalGeometry } from '@retort/distillation/signals';
import { formatBytes } from '@retort/foundation/diagnostics';
import type { TeacherForwardConfig } from './config.generated.ts';
import { storedSignals } from './stored-answers.ts';

export interface SignalCounts {
  readonly config: TeacherForwardConfig;
  readonly geometry: SignalGeometry;
  readonly answers: readonly Answer[];
  readonly rows: number;
  /** Stored positions over all rows. */
  readonly tokens: number;
  /** Squares of the stored lengths over all rows: attention grows with them. */
  readonly squares: number;
}

/** Bytes of all stored values; offsets and headers come on top, a few bytes a row. */
export function signalBytes({ config, geometry, answers, rows, tokens, squares }: SignalCounts): number {
  const totals = [rows, tokens, squares];
  const bytes = answers.map(({ signal }) => {
    const positions = signal.axes.filter((axis) => axis === 'position').length;
    const each = config.store.dtype === 'float16' && hasPositions(signal) ? 2 : 4;
    return each * answerSize(signal, geometry, 1) * (totals[positions] as number);
  });
  return Math.round(bytes.reduce((sum, of) => sum + of, 0));
}

export function overBudgetMessage(config: TeacherForwardConfig, bytes: number): string {
  return `The signals would take about ${formatBytes(bytes)}, but the budget is ${config.store.budget}. ${cheaper(config)}`;
}

function cheaper(config: TeacherForwardConfig): string {
  const { store } = config;
  const stored = storedSignals(config);
  const chosen = (choice: string) => Object.values(store).includes(choice);
  const squared = stored.filter(({ axes }) => axes.filter((axis) => axis === 'position').length === 2);
  const ofRows = stored.filter((signal) => !hasPositions(signal));
  const ways = [
    store.dtype === 'float32' ? 'store float16 (half)' : undefined,
    chosen('all') ? 'store mapped layers only' : undefined,
    store.padding === 'reference'
      ? 'leave padded positions out (padding: masked, with a loss that does not use reference padding)'
      : undefined,
    ...squared.map(({ title, name }) => `leave ${title} out (${name}: none)`),
    ofRows.length > 0 && ofRows.length < stored.length
      ? `store ${ofRows.map(({ title }) => title).join(' and ')} only`
      : undefined,
    'use fewer rows',
    'or raise the budget',
  ];
  return `Cheaper: ${ways.filter(Boolean).join('; ')}.`;
}
