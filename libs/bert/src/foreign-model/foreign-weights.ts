import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Diagnostic, RetortError } from '@retort/diagnostics';
import { readSafetensorsHeader, type SafetensorsEntry } from '../safetensors-header.ts';

/** A tensor of a foreign model, and the file that holds it. */
export interface StoredTensor extends SafetensorsEntry {
  readonly file: string;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const CONVERTED = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];
/** Tensors that share memory, such as tied embeddings, have to be copied. */
const CONVERSION = `python3 -c "import glob, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for f in glob.glob('pytorch_model*.bin') for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, 'model.safetensors', metadata={'format': 'pt'})"`;

/** All tensors of a foreign model's folder: `model.safetensors`, or the shards that its index names. Reads headers alone. */
export async function listTensors(folder: string): Promise<StoredTensor[] | readonly Diagnostic[]> {
  try {
    if (await exists(join(folder, INDEX))) return await listShards(folder);
    if (await exists(join(folder, SINGLE))) return await tensorsOf(join(folder, SINGLE));
  } catch (error) {
    if (error instanceof RetortError) return [{ code: error.code, message: error.message }];
    throw error;
  }
  return [await noWeights(folder)];
}

async function noWeights(folder: string): Promise<Diagnostic> {
  for (const name of CONVERTED) {
    if (!(await exists(join(folder, name)))) continue;
    const message = `The weights are in ${name}, a format that can run code when it is read. Convert them in that folder (pip install torch safetensors):\n${CONVERSION}`;
    return { code: 'IMPORT_NEEDS_CONVERSION', message, location: { file: join(folder, name) } };
  }
  const message = `The folder holds no weights. Expected ${SINGLE}, or ${INDEX} with the shards that it names.`;
  return { code: 'IMPORT_NO_WEIGHTS', message, location: { file: folder } };
}

async function tensorsOf(file: string): Promise<StoredTensor[]> {
  return (await readSafetensorsHeader(file)).map((entry) => ({ ...entry, file }));
}

async function listShards(folder: string): Promise<StoredTensor[] | readonly Diagnostic[]> {
  const file = join(folder, INDEX);
  const map = weightMap(await readFile(file, 'utf8'));
  const invalid = (message: string): Diagnostic => ({ code: 'IMPORT_INDEX', message, location: { file } });
  if (map === undefined) return [invalid('Expected a JSON object with "weight_map": tensor name to file name.')];
  const names = [...new Set(map.values())].sort();
  const strange = names.filter((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (strange.length > 0) return [invalid(`Not names of safetensors files of this folder: ${strange.join(', ')}.`)];
  const absent = [];
  for (const name of names) if (!(await exists(join(folder, name)))) absent.push(name);
  if (absent.length > 0) return [invalid(`Shards that are not there: ${absent.join(', ')}.`)];
  const shards = await Promise.all(names.map((name) => tensorsOf(join(folder, name))));
  const tensors = shards.flat();
  const wrong = [
    ...tensors
      .filter(({ name, file }) => map.get(name) !== basename(file))
      .map(
        ({ name, file }) => `${name} is in ${basename(file)}, but the index says ${map.get(name) ?? 'nothing of it'}.`,
      ),
    ...[...map]
      .filter(([name]) => !tensors.some((tensor) => tensor.name === name))
      .map(([name, shard]) => `${name} is not in ${shard}.`),
  ];
  return wrong.length > 0 ? [invalid(wrong.join(' '))] : tensors;
}

function weightMap(text: string): Map<string, string> | undefined {
  try {
    const map = (JSON.parse(text) as { weight_map?: unknown }).weight_map;
    if (typeof map !== 'object' || map === null) return undefined;
    const entries = Object.entries(map);
    return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
      ? new Map(entries)
      : undefined;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
