import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, type HostTensor } from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import { huggingFaceConfig, loadModel, parametersOf, saveModel } from '@retort/families';
import type { Facts } from '@retort/plugin-kit';
import { saveTokenizer, specialTokens } from '@retort/tokenizer/vocabulary';
import { defineExportFormat, type ExportTarget, type RunnableFormat } from './format.ts';
import { outputName, shippedProgram } from './forward.ts';
import { headMessage } from './head-message.ts';
import { layoutMessage } from './huggingface-layout.ts';
import { modelCard } from './model-card.ts';
import type { Source } from './source.ts';

/** The same words, but segments, which DistilBERT does not take. */
function withoutSegments({ vocabulary }: Source): object {
  const isBert = !('json' in vocabulary);
  return {
    ...(isBert && { tokenizer_class: 'DistilBertTokenizer' }),
    model_input_names: ['input_ids', 'attention_mask'],
  };
}

export const huggingface = defineExportFormat({
  name: 'huggingface',
  title: 'HuggingFace folder',
  description: 'A folder for transformers.',
  output: { type: 'model', description: 'A folder for transformers: weights, config, tokenizer, model card' },
  describe: shippedFacts,
  headProblem: headMessage,
  problem: ({ model, family, tokens, hasOwnTokens }) => layoutMessage(model, family, hasOwnTokens ? tokens : undefined),
  write,
  open,
});

/** The positions that it has learned are all that are written. */
function shippedFacts({ learnedPositions, ...model }: Facts): Facts {
  if (model.architecture === undefined || learnedPositions === undefined) return model;
  return { ...model, architecture: { ...model.architecture, maxPositions: learnedPositions } };
}

/** A folder that transformers loads: weights under HuggingFace's names, config, tokenizer, and a model card. */
async function write(target: ExportTarget): Promise<void> {
  const { source, folder } = target;
  const { model, family } = source;
  await writeTokenizer(source, folder, family.lacksSegments ? withoutSegments(source) : {});
  await saveModel({
    folder,
    config: model.config,
    heads: model.heads,
    values: model.values,
    tokenizerFolder: folder,
    family,
  });
  await writeFile(join(folder, 'README.md'), await modelCard(target));
}

/** The tokenizer and the names of the classes: what somebody needs beside a graph. */
export async function writeTokenizerFiles(source: Source, folder: string): Promise<void> {
  await writeTokenizer(source, folder);
  await writeJson(join(folder, 'config.json'), huggingFaceConfig(source.model.config, source.model.heads));
}

async function writeTokenizer({ vocabulary, model }: Source, folder: string, more: object = {}): Promise<void> {
  await saveTokenizer(vocabulary, folder);
  const path = join(folder, 'tokenizer_config.json');
  const settings = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeJson(path, { ...settings, model_max_length: model.config.maxPositions, ...more });
  const { unk, sep, pad, cls, mask } = specialTokens(vocabulary);
  const map = { unk_token: unk, sep_token: sep, pad_token: pad, cls_token: cls, mask_token: mask };
  await writeJson(join(folder, 'special_tokens_map.json'), map);
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Reads the folder back and runs it on the engine. */
async function open(
  folder: string,
  { engine, threads }: { readonly engine: EngineName; readonly threads: number },
): Promise<RunnableFormat> {
  const model = await loadModel(folder);
  const pass = (await createEngine(engine, { threads })).forward(shippedProgram(model), parametersOf(model.values));
  return {
    run: async (rows) => (await pass.run(rows))[outputName(model)] as HostTensor,
    dispose: () => pass.dispose(),
  };
}
