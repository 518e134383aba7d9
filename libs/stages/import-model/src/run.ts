import { type BertConfig, type NamedArrays, saveModel } from '@retort/families';
import { readForeignModel } from '@retort/families/foreign-model';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { labelsOfTask, REGRESSION } from '@retort/foundation/task';
import type { StageRun } from '@retort/plugin-kit';
import { saveTokenizer, vocabularyDigest } from '@retort/tokenizer';
import type { ImportModelConfig } from './config.generated.ts';
import type { importModel } from './index.ts';
import { findModel } from './inspect-model.ts';
import { arrangeLabels, labelProblems, labelRows } from './labels.ts';

type Values = Map<string, { shape: readonly number[]; values: Float32Array }>;

export const run: StageRun<typeof importModel> = async (context) => {
  const { config: settings, inputs, outputs } = context;
  const input = inputs.model;
  const found = await findModel(input.path, settings);
  if (!('contents' in found)) throw new InvalidInputError(found);
  const { contents, vocabulary, warnings } = found;
  const problems = labelProblems(settings, labelsOfTask(contents.config.task ?? REGRESSION));
  if (problems.length > 0) throw new InvalidInputError(problems.map(({ code, message }) => ({ code, message })));
  for (const warning of warnings) context.warn(warning);
  context.log(`${input.label} is a ${contents.family.name} with ${contents.heads.join(' and ') || 'no head'}.`);
  if (contents.wrapper !== '') context.log(`The prefix "${contents.wrapper}" of all tensor names was removed.`);
  if (contents.leftOut.length > 0) context.log(`Left out: ${contents.leftOut.join(', ')}.`);
  const values = await readForeignModel(contents);
  const tokenizerFolder = outputs.tokenizer.path;
  await saveTokenizer(vocabulary, tokenizerFolder);
  await saveModel({
    folder: outputs.model.path,
    config: {
      ...contents.config,
      vocabularySize: vocabulary.tokens.length,
      ...(contents.config.task && { task: arrangeLabels(settings, contents.config.task) }),
      tokenizerDigest: vocabularyDigest(vocabulary),
    },
    heads: contents.heads,
    values: withUsedRows(withLabelOrder(values, settings, contents.config), vocabulary.tokens.length),
    tokenizerFolder,
  });
  return { metrics: { parameters: [...values.values()].reduce((sum, tensor) => sum + tensor.values.length, 0) } };
};

/** The head's outputs in the order of the classes that the settings ask for. */
function withLabelOrder(values: Values, settings: ImportModelConfig, { task = REGRESSION }: BertConfig): Values {
  if (task.kind === 'regression') return values;
  const rows = labelRows(settings, task.labels);
  const arranged = ['classifier.weight', 'classifier.bias'].map((name) => {
    const { shape, values: all } = values.get(name) as { shape: readonly number[]; values: Float32Array };
    const width = all.length / rows.length;
    const ordered = new Float32Array(all.length);
    for (const [i, row] of rows.entries()) ordered.set(all.subarray(row * width, (row + 1) * width), i * width);
    return [name, { shape, values: ordered }] as const;
  });
  return new Map([...values, ...arranged]);
}

/** Without the rows of the tables of words that no token reaches. */
function withUsedRows(values: Values, count: number): NamedArrays {
  const cut = ['embeddings.word', 'maskedLanguageModel.bias'].flatMap((name) => {
    const tensor = values.get(name);
    if (tensor === undefined) return [];
    const [rows, ...rest] = tensor.shape as [number, ...number[]];
    return [
      [name, { shape: [count, ...rest], values: tensor.values.subarray(0, (tensor.values.length / rows) * count) }],
    ] as const;
  });
  return new Map([...values, ...cut]);
}
