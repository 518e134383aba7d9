import { join } from 'node:path';
import type { SignalsNeeded } from '@retort/distillation/loss-block';
import { answerName, answerTitle } from '@retort/distillation/signals';
import { StageError } from '@retort/foundation/diagnostics';
import type { Source } from '@retort/foundation/work';
import { openSignals, type Signals } from '@retort/tables';

/**
 * Opens signals and makes sure that they answer these tokens.
 *
 * @throws StageError SIGNALS_OF_OTHER_TOKENS
 */
export async function openTeacherSignals(signals: Source, tokens: Source): Promise<Signals> {
  const opened = await openSignals(join(signals.path, 'signals.arrow'));
  if (opened.metadata.tokensDigest !== tokens.digest) {
    await opened.close();
    throw new StageError(
      'SIGNALS_OF_OTHER_TOKENS',
      `${signals.label} was made from the tokens sha256:${opened.metadata.tokensDigest.slice(0, 12)}, but ${tokens.label} is sha256:${tokens.digest.slice(0, 12)}. Connect teacher-forward to the same tokens.`,
    );
  }
  return opened;
}

/** @throws StageError SIGNALS_MISSING naming what is not stored */
export function checkSignals(
  { columns, metadata }: Pick<Signals, 'columns' | 'metadata'>,
  { answers, isPadded }: SignalsNeeded,
  label: string,
): void {
  const missing = [
    ...answers.filter((answer) => !columns.includes(answerName(answer))).map(answerTitle),
    ...(isPadded && metadata.paddedLength === undefined ? ['padded positions'] : []),
  ];
  if (missing.length > 0)
    throw new StageError(
      'SIGNALS_MISSING',
      `${label} lacks ${missing.join(', ')}, which the loss needs. Store them in teacher-forward.`,
    );
}
