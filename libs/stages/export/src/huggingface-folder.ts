import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, type HostTensor } from '@retort/engine';
import { huggingFaceConfig, loadModel, parametersOf, saveModel } from '@retort/families';
import type { StageContext } from '@retort/plugin-kit';
import { saveTokenizer, specialTokens } from '@retort/tokenizer/vocabulary';
import { outputName, shippedProgram } from './forward.ts';
import type { exportModel } from './index.ts';
import { modelCard } from './model-card.ts';
import type { Source, WrittenFormat } from './source.ts';

/** The same words, but segments, which DistilBERT does not take. */
function withoutSegments({ vocabulary }: Source): object {
  const isBert = !('json' in vocabulary);
  return {
    ...(isBert && { tokenizer_class: 'DistilBertTokenizer' }),
    model_input_names: ['input_ids', 'attention_mask'],
  };
}

/** A folder that transformers loads: weights under HuggingFace's names, config, tokenizer, and a model card. */
export async function writeHuggingFaceFolder(
  context: StageContext<typeof exportModel>,
  source: Source,
  folder: string,
): Promise<void> {
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
  await writeFile(join(folder, 'README.md'), await modelCard(context, source));
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
export async function openHuggingFaceFolder(
  { engine: name, threads }: StageContext<typeof exportModel>,
  folder: string,
): Promise<WrittenFormat> {
  const model = await loadModel(folder);
  const pass = (await createEngine(name, { threads })).forward(shippedProgram(model), parametersOf(model.values));
  return {
    name: 'huggingface',
    folder,
    run: async (rows) => (await pass.run(rows))[outputName(model)] as HostTensor,
    dispose: () => pass.dispose(),
  };
}
