import { access, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Diagnostic, firstFew, RetortError } from '@retort/foundation/diagnostics';
import { pointerIn, readWholeJson } from '@retort/texts/lines';
import { readSafetensorsHeader, type SafetensorsEntry } from '../safetensors-header.ts';
import { otherWeights } from './other-weights.ts';

/** A tensor of a foreign model, and the file that holds it. */
export interface StoredTensor extends SafetensorsEntry {
  readonly file: string;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** The index of a model of 50,000 tensors has 5 MiB. */
const INDEX_LIMITS = { bytes: 16 << 20, depth: 3, values: 100_000 };

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

/** As where the folder of a cache was copied without the files behind its links. */
const LINK_TO_NOTHING =
  'The weights are a link to a file that does not exist. Copy the model together with the files behind its links (cp -rL).';

async function noWeights(folder: string): Promise<Diagnostic> {
  const other = otherWeights(await readdir(folder).catch((): string[] => []));
  if (other !== undefined) {
    const { name, message } = other;
    const location = { file: join(folder, name) };
    const pointer = await pointerIn(location.file).catch(() => undefined);
    if (pointer !== undefined) return { ...pointer, location };
    if (name === SINGLE) return { code: 'IMPORT_NO_WEIGHTS', message: LINK_TO_NOTHING, location };
    return { code: 'IMPORT_NEEDS_CONVERSION', message, location };
  }
  const message = `The folder has no weights. Expected ${SINGLE}, or ${INDEX} and its shards.`;
  return { code: 'IMPORT_NO_WEIGHTS', message, location: { file: folder } };
}

async function tensorsOf(file: string): Promise<StoredTensor[]> {
  return (await readSafetensorsHeader(file)).map((entry) => ({ ...entry, file }));
}

async function listShards(folder: string): Promise<StoredTensor[] | readonly Diagnostic[]> {
  const file = join(folder, INDEX);
  const invalid = (message: string): Diagnostic => ({ code: 'IMPORT_INDEX', message, location: { file } });
  const { json, problem } = await readWholeJson(file, INDEX_LIMITS);
  if (problem !== undefined) return [invalid(problem)];
  const map = weightMap(json);
  if (map === undefined) return [invalid('Expected a JSON object with "weight_map": tensor name to file name.')];
  const names = [...new Set(map.values())].sort();
  const strange = names.filter((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (strange.length > 0)
    return [invalid(`These are not names of safetensors files in this folder: ${firstFew(strange)}.`)];
  const absent = [];
  for (const name of names) if (!(await exists(join(folder, name)))) absent.push(name);
  if (absent.length > 0) return [invalid(`Missing shards: ${firstFew(absent)}. Download or copy them.`)];
  const shards = await Promise.all(names.map((name) => tensorsOf(join(folder, name))));
  const tensors = shards.flat();
  const stored = new Set(tensors.map(({ name }) => name));
  const wrong = [
    ...tensors
      .filter(({ name, file }) => map.get(name) !== basename(file))
      .map(
        ({ name, file }) =>
          `${name} is in ${basename(file)}, but the index says ${map.get(name) ?? 'nothing about it'}.`,
      ),
    ...[...map].filter(([name]) => !stored.has(name)).map(([name, shard]) => `${name} is not in ${shard}.`),
  ];
  return wrong.length > 0 ? [invalid(firstFew(wrong, 10, ' '))] : tensors;
}

function weightMap(json: unknown): Map<string, string> | undefined {
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null) return undefined;
  const entries = Object.entries(map);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? new Map(entries)
    : undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
