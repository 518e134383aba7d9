import { join } from 'node:path';
import { loadModel } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { InputArtifact, StageContext, StageRun } from '@retort/plugin-kit';
import { readTokens } from '@retort/tables';
import { loadVocabulary, vocabularyDigest } from '@retort/tokenizer/vocabulary';
import { checkTokensFit, readHistory } from '@retort/training';
import { compare, refuseDifferences } from './checks/compare.ts';
import { scores } from './checks/scores.ts';
import { speedTable } from './checks/speed.ts';
import { exportFormats } from './formats.ts';
import { exportedFamily, isForSingleTexts } from './huggingface-layout.ts';
import type { exportModel } from './index.ts';
import { randomTokens } from './random-tokens.ts';
import { writeReports } from './reports.ts';
import { withLearnedPositions } from './shipped-model.ts';
import type { Source } from './source.ts';
import { unlearnedMessage } from './unlearned-message.ts';
import { writeFormats } from './write-formats.ts';

export const run: StageRun<typeof exportModel> = async (context) => {
  const source = await readSource(context);
  const formats = await writeFormats(context, source);
  const differences = await compare(context, source, formats);
  const scored = await scores(context, source, formats);
  const speed = await speedTable(context, source, formats);
  for (const format of formats) await format.dispose();
  await writeReports(context, { formats, differences, scores: scored, speed });
  refuseDifferences(context.config, differences);
  return {
    metrics: Object.fromEntries(differences.map(({ format, difference }) => [`${format.name}.difference`, difference])),
  };
};

async function readSource(context: StageContext<typeof exportModel>): Promise<Source> {
  const { config, inputs, seed } = context;
  const input = inputs.model;
  const history = await readHistory(input.path);
  const model = withLearnedPositions(await loadModel(input.path), history);
  const formats = config.formats.map(exportFormats.get);
  const head = model.heads.includes('classifier') ? model.config : {};
  refuse(
    'EXPORT_HEAD',
    input,
    formats.flatMap(({ headProblem }) => headProblem?.(head) ?? []),
  );
  const vocabulary = await loadVocabulary(input.path);
  const digest = model.config.tokenizerDigest;
  if (digest !== undefined && digest !== vocabularyDigest(vocabulary)) {
    throw new StageError(
      'EXPORT_TOKENIZER',
      `The tokenizer in ${input.label} is not the one that the model was trained with. Run the stage that made the model again.`,
    );
  }
  const given = inputs.tokens;
  const tokens = given && (await readTokens(join(given.path, 'tokens.arrow')));
  const unlearned = unlearnedMessage(tokens?.metadata.maxSequenceLength, history && model.config.maxPositions);
  if (unlearned !== undefined) throw new StageError('EXPORT_UNLEARNED_POSITIONS', unlearned);
  if (tokens) checkTokensFit(model.config, { tokens: tokens.metadata, model: input.label });
  const family = exportedFamily(model);
  const source: Source = {
    label: input.label,
    digest: input.digest,
    folder: input.path,
    model,
    history,
    vocabulary,
    tokens: tokens ?? randomTokens(model.config, vocabulary, { rows: config.check.rows, seed }),
    hasOwnTokens: tokens !== undefined,
    family,
    isForSingleTexts: isForSingleTexts(model, family),
  };
  refuse(
    'EXPORT_LAYOUT',
    input,
    formats.flatMap(({ problem }) => problem?.(source) ?? []),
  );
  return source;
}

function refuse(code: string, { label }: InputArtifact, [message]: readonly string[]): void {
  if (message !== undefined) throw new StageError(code, `${label}: ${message}`);
}
