import { join } from 'node:path';
import { createEngine, type ForwardProgram, ParameterSet } from '@retort/engine';
import { saveModel } from '@retort/families';
import { streamKey } from '@retort/foundation/random';
import type { StageContext, StageRun } from '@retort/plugin-kit';
import { readTokens, type Tokens } from '@retort/tables';
import {
  bucketWidths,
  continued,
  evaluationBatches,
  type MaskedWords,
  maskWords,
  maskWordsOfRows,
  padTokens,
  rowLengths,
  startingHistory,
  startingModel,
  statesOf,
  trainOnRows,
  writeHistory,
} from '@retort/training';
import type { pretrain } from './index.ts';
import { maskedLanguageModel } from './masked-language-model.ts';

export const run: StageRun<typeof pretrain> = async (context) => {
  const { config, inputs, outputs, seed } = context;
  const { maskingProbability: probability } = config;
  const input = inputs.tokens;
  const tokens = await readTokens(join(input.path, 'tokens.arrow'));
  const { config: model, values } = await startingModel({
    model: inputs.model,
    architecture: config.architecture,
    tokens: tokens.metadata,
    heads: ['maskedLanguageModel'],
    seed,
  });
  const history = await startingHistory({ model: inputs.model }, model);
  const parameters = new ParameterSet(values, statesOf(config.optimizer));
  const program = maskedLanguageModel(model, config.dropout);
  const validation = inputs.validation && (await readTokens(join(inputs.validation.path, 'tokens.arrow')));
  const heldOutLoss = async (name: string): Promise<Record<string, number>> =>
    validation
      ? {
          [name]: await meanLoss({
            context,
            program: maskedLanguageModel(model, { hidden: 0, attention: 0 }),
            tokens: validation,
            parameters,
          }),
        }
      : {};

  const { lastEpoch, before } = await trainOnRows({
    context,
    tokens,
    program,
    parameters,
    inputsOf: (rows, index) => {
      const batch = padTokens(tokens, rows);
      const key = streamKey(seed, 'masked-words', index);
      return withMasked(batch, maskWords({ batch, metadata: tokens.metadata, probability, key }));
    },
    measureBefore: () => heldOutLoss('heldOutLossBefore'),
  });
  const after = await heldOutLoss('heldOutLossAfter');

  const { path: folder } = outputs.model;
  await saveModel({
    folder,
    config: model,
    heads: ['maskedLanguageModel'],
    values: parameters.snapshot(),
    tokenizerFolder: input.path,
  });
  await writeHistory(folder, continued(history, { stage: 'pretrain', context, tokens }));
  return { metrics: { loss: lastEpoch['loss'] as number, ...before, ...after } };
};

function withMasked(batch: ReturnType<typeof padTokens>, { tokenIds, ...masked }: MaskedWords) {
  return { ...batch, ...masked, tokenIds };
}

/** Cross-entropy of masked words on the first held-out rows, in nats; the same words masked every time, whatever the batch size. */
async function meanLoss({
  context,
  program,
  tokens,
  parameters,
}: {
  context: StageContext<typeof pretrain>;
  program: ReturnType<typeof maskedLanguageModel>;
  tokens: Tokens;
  parameters: ParameterSet;
}): Promise<number> {
  const { config, seed } = context;
  const lengths = rowLengths(tokens).subarray(0, config.evaluationRows);
  const forward: ForwardProgram = (weights, inputs) => ({ loss: program(weights, inputs, { dropout: (x) => x }).loss });
  const pass = (await createEngine(context.engine, { threads: context.threads })).forward(
    forward,
    parameters.byName.values(),
  );
  let sum = 0;
  let words = 0;
  for (const rows of evaluationBatches(lengths, {
    batchSize: config.batchSize,
    widths: bucketWidths(tokens.metadata.maxSequenceLength),
  })) {
    context.throwIfInterrupted();
    const batch = padTokens(tokens, rows);
    const inputs = withMasked(
      batch,
      maskWordsOfRows({
        batch,
        metadata: tokens.metadata,
        probability: config.maskingProbability,
        keyOf: (i) => streamKey(seed, 'held-out-words', rows.rows[i] as number),
      }),
    );
    const count = (inputs.weights.data as Float32Array).reduce((total, weight) => total + weight, 0);
    if (count === 0) continue;
    const { loss } = await pass.run(inputs);
    sum += (loss?.data[0] as number) * count;
    words += count;
  }
  await pass.dispose();
  return sum / words;
}
