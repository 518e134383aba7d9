import type { HostTensor, ParameterSet } from '@retort/engine';
import type { BertConfig } from '@retort/families';
import { streamKey } from '@retort/foundation/random';
import type { StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import {
  bucketWidths,
  lossMeasure,
  type MaskedWords,
  maskWordsOfRows,
  meanOutputs,
  padTokens,
  type Scorer,
  type TokenBatch,
} from '@retort/training';
import type { pretrain } from './index.ts';
import { maskedLanguageModel } from './masked-language-model.ts';

/** Cross-entropy of masked words on the first held-out rows, in nats; the same words masked every time, whatever the batch size. */
export function wordScorer(
  context: StageContext<typeof pretrain>,
  { model, parameters, tokens, rows }: { model: BertConfig; parameters: ParameterSet; tokens: Tokens; rows: number },
): Scorer {
  const { config, seed } = context;
  const { metadata } = tokens;
  const program = maskedLanguageModel(model, { hidden: 0, attention: 0 });
  return {
    measures: [lossMeasure('loss')],
    rows: Math.min(rows, tokens.rowCount),
    score: () =>
      meanOutputs({
        context,
        program: (weights, inputs) => ({ loss: program(weights, inputs, { dropout: (x) => x }).loss }),
        parameters: parameters.byName.values(),
        tokens,
        batchSize: config.batchSize,
        maxRows: rows,
        widths: bucketWidths(metadata.maxSequenceLength),
        inputsOf: (batch) => {
          const padded = padTokens(tokens, batch);
          const keyOf = (i: number) => streamKey(seed, 'held-out-words', batch.rows[i] as number);
          const probability = config.maskingProbability;
          return withMasked(padded, maskWordsOfRows({ batch: padded, metadata, probability, keyOf }));
        },
        // Each word counts alike, so a batch counts as much as it has masked words.
        weightOf: ({ weights }) => sum((weights as HostTensor).data as Float32Array),
      }),
  };
}

export function withMasked(batch: TokenBatch, { tokenIds, ...masked }: MaskedWords) {
  return { ...batch, ...masked, tokenIds };
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
