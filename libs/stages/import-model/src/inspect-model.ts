import { type ForeignModel, inspectForeignModel } from '@retort/families/foreign-model';
import { type Diagnostic, type SettingAdvice, setTo } from '@retort/foundation/diagnostics';
import { type Facts, inputProblem, type PathInspection } from '@retort/plugin-kit';
import { inspectTokenizer, type Vocabulary, vocabularyFacts } from '@retort/tokenizer/vocabulary';
import type { ImportModelConfig } from './config.generated.ts';

/** A foreign model's folder that fits together. */
export interface ReadableModel {
  readonly contents: ForeignModel;
  readonly vocabulary: Vocabulary;
  readonly warnings: readonly string[];
}

/** What can be told of a foreign model's folder from its headers and its tokenizer. Loads no values and no tensor library. */
export async function inspectModel(folder: string, settings: ImportModelConfig): Promise<PathInspection> {
  const found = await findModel(folder, settings);
  if (!('contents' in found)) return { facts: {}, problems: found.map(inputProblem) };
  const { contents, vocabulary, warnings } = found;
  const { layers, hiddenSize, heads, intermediateSize, maxPositions, segmentTypes, ...config } = contents.config;
  const { family, task, headKind, embeddingSize } = config;
  const facts: Facts = {
    ...vocabularyFacts(vocabulary),
    architecture: { layers, hiddenSize, heads, intermediateSize, maxPositions },
    segmentTypes,
    ...(family === undefined ? {} : { family }),
    ...(embeddingSize === undefined ? {} : { embeddingSize }),
    ...(task && { task }),
    ...(headKind === undefined ? {} : { headKind }),
  };
  return { facts, problems: [], warnings };
}

/** The model, or everything that is wrong with it. */
export async function findModel(
  folder: string,
  config: ImportModelConfig,
): Promise<ReadableModel | readonly Diagnostic[]> {
  const contents = await inspectForeignModel(folder, { head: config.head, ignoredTensors: config.ignoreTensors });
  const tokenizer = await inspectTokenizer(folder);
  const problems = [...('config' in contents ? [] : contents), ...('vocabulary' in tokenizer ? [] : tokenizer)];
  if (!('config' in contents) || !('vocabulary' in tokenizer)) return problems;
  const { vocabulary } = tokenizer;
  const size = sizeProblem(folder, { config, tokens: vocabulary.tokens.length, rows: contents.config.vocabularySize });
  if (size !== undefined) return [size];
  const warnings = [...contents.warnings, ...tokenizer.warnings];
  return { contents, vocabulary, warnings };
}

function sizeProblem(
  folder: string,
  { config, tokens, rows }: { config: ImportModelConfig; tokens: number; rows: number },
): Diagnostic | undefined {
  const sizes = `The vocabulary has ${tokens} tokens, but the embedding table has ${rows} rows.`;
  const problem = (fix: string, advice?: SettingAdvice): Diagnostic => ({
    code: 'IMPORT_VOCABULARY',
    message: `${sizes} ${fix}`,
    location: { file: folder },
    ...(advice !== undefined && { advice: [advice] }),
  });
  if (tokens > rows)
    return problem(
      `The last ${tokens - rows} tokens have no embedding. Check that the tokenizer belongs to this model.`,
    );
  if (tokens === rows || config.unusedEmbeddings === 'drop') return undefined;
  const drop = setTo('unusedEmbeddings', 'drop');
  return problem(
    `If the last ${rows - tokens} rows are only padding, ${drop.words}. Otherwise the tokenizer belongs to another model.`,
    drop,
  );
}
