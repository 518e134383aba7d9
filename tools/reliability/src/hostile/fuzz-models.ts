import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectForeignModel, readForeignModel } from '@retort/families/foreign-model';
import { formatDiagnostics } from '@retort/foundation/diagnostics';
import type { RandomStream } from '@retort/foundation/random';
import { loadTokenizer, saveTokenizer } from '@retort/tokenizer';
import { inspectTokenizer } from '@retort/tokenizer/vocabulary';
import fc from 'fast-check';
import { createModel, withHeader } from './model-attempts.ts';
import { mutated } from './mutated.ts';
import { withinLimits } from './within-limits.ts';

/** For one model of a few KiB. */
const LIMITS = { seconds: 12, megabytes: 512 };
const CHOICES = { head: 'huggingface', ignoredTensors: [] } as const;
const WEIGHTS = 'model.safetensors';

type Json = Record<string, unknown>;

/** Members and values that strangers could write, many of them beyond what any reader expects. */
const VALUES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -1,
    1,
    0.5,
    1e9,
    2 ** 31,
    2 ** 53,
    1e300,
    '',
    null,
    true,
    [],
    {},
    [[]],
    '(a+)+$',
    '\u001b[31m',
  ),
  fc.constantFrom<unknown>(
    'x'.repeat(100_000),
    Array.from({ length: 10_000 }, () => []),
    nested(500),
  ),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 4 }),
);

function nested(depth: number): unknown {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}

/** Where to change a document, by which way, and to what. */
const CHANGES = fc.array(
  fc.record({
    path: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    how: fc.constantFrom('replace', 'remove', 'add'),
    value: VALUES,
  }),
  { minLength: 1, maxLength: 4 },
);

type Change = { readonly path: readonly number[]; readonly how: string; readonly value: unknown };

/** Follows the path as far as there is something; each step chooses a member by its number. */
function changed(json: Json, { path, how, value }: Change): void {
  let at: Json = json;
  for (const [step, number] of path.entries()) {
    const names = Object.keys(at);
    const name = names[number % Math.max(1, names.length)] ?? 'new';
    const next = at[name];
    if (step < path.length - 1 && typeof next === 'object' && next !== null) {
      at = next as Json;
      continue;
    }
    if (how === 'remove') delete at[name];
    else at[how === 'add' ? `${name} more` : name] = value;
    return;
  }
}

/** What each file of a model holds as JSON, and how that is written; a safetensors file by its header. */
const FILES: Readonly<Record<string, { read: (bytes: Buffer) => Json; write: (json: Json, bytes: Buffer) => Buffer }>> =
  {
    'config.json': plainJson(),
    'tokenizer.json': plainJson(),
    'tokenizer_config.json': plainJson(),
    'special_tokens_map.json': plainJson(),
    'added_tokens.json': plainJson(),
    [WEIGHTS]: {
      read: (bytes) => JSON.parse(bytes.toString('utf8', 8, headerEnd(bytes))) as Json,
      write: (json, bytes) => Buffer.concat([withHeader(JSON.stringify(json)), bytes.subarray(headerEnd(bytes))]),
    },
  };

function plainJson() {
  return {
    read: (bytes: Buffer) => JSON.parse(bytes.toString('utf8')) as Json,
    write: (json: Json) => Buffer.from(JSON.stringify(json)),
  };
}

function headerEnd(bytes: Buffer): number {
  return 8 + Number(bytes.readBigUInt64LE());
}

/** A model with every file that is read, and how to try one whose files are damaged. Says what went wrong. */
export async function modelsIn(folder: string): Promise<(random: RandomStream) => Promise<string | undefined>> {
  const path = await createModel({ folder: await mkdtemp(join(folder, 'models-')), workspace: '' });
  const vocabulary = (await loadTokenizer(path)).vocabulary;
  await saveTokenizer(vocabulary, path);
  await writeFile(
    join(path, 'special_tokens_map.json'),
    '{"sep_token": "[SEP]", "additional_special_tokens": ["good"]}',
  );
  await writeFile(join(path, 'added_tokens.json'), '{"[MASK]": 4}');
  const whole = new Map<string, Buffer>();
  for (const name of [...Object.keys(FILES), 'vocab.txt']) whole.set(name, await readFile(join(path, name)));
  return async (random) => {
    const name = random.pick([...whole.keys()]);
    const bytes = whole.get(name) as Buffer;
    const damaged = damage(name, bytes, random);
    await writeFile(join(path, name), damaged);
    // With one of the two absent the other decides alone.
    const absent = random.pick(['tokenizer.json', 'vocab.txt', undefined, undefined]);
    if (absent !== undefined && absent !== name) await rm(join(path, absent));
    try {
      const wrong = await withinLimits(() => readModel(path), LIMITS);
      return wrong && `${name}, ${damaged.toString('latin1', 0, 300)}: ${wrong}`;
    } finally {
      for (const [each, content] of whole) await writeFile(join(path, each), content);
    }
  };
}

function damage(name: string, bytes: Buffer, random: RandomStream): Buffer {
  const file = FILES[name];
  if (file === undefined || random.below(4) === 0) return Buffer.from(mutated(bytes, random));
  const json = file.read(bytes);
  const [changes = []] = fc.sample(CHANGES, { seed: random.below(2 ** 31), numRuns: 1 });
  for (const change of changes) changed(json, change);
  return file.write(json, bytes);
}

/** As `import-model` does: what can be told while planning, then all of it. */
async function readModel(path: string): Promise<void> {
  const [model, found] = [await inspectForeignModel(path, CHOICES), await inspectTokenizer(path)];
  // Every problem can be shown.
  if (!('config' in model)) void formatDiagnostics(model);
  if (!('vocabulary' in found)) void formatDiagnostics(found);
  if ('config' in model) await readForeignModel(model);
  if (!('vocabulary' in found)) return;
  const tokenizer = await loadTokenizer(path);
  await tokenizer.encodeBatch([`good [MASK] ${'a'.repeat(10_000)}`, ['b', 'é 中']], { maxSequenceLength: 64 });
}
