import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registry } from '@retort/cli/registry';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import type { RandomStream } from '@retort/foundation/random';
import { inFolder } from '@retort/lab';
import { buildMatrixGraph } from '@retort/pipeline-graph';
import { loadMatrix } from '@retort/pipeline-schema';
import { findControlCharacters } from './attempt.ts';
import { mutated } from './mutated.ts';

const PIPELINE = {
  name: 'fuzzed',
  seed: 1,
  params: {
    documents: { type: 'integer', default: '${params.stories}', minimum: 2, description: 'Stories' },
    stories: { type: 'integer', default: 40, description: 'Stories' },
  },
  stages: {
    corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: '${params.documents}' } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
    tokenize: { uses: 'tokenize', inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' } },
  },
  variants: { short: { 'stages.tokenize.with.maxSequenceLength': 16 } },
  matrix: { seed: [1, 2], 'stages.vocabulary.with.vocabularySize': [200, 300] },
  results: ['tokenize.train'],
};

/** Values and names that readers of JSON fall over. */
const PIECES: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  2 ** 53,
  '',
  '${params.documents}',
  '${params.__proto__}',
  '${params.documents}${params.stories}',
  '${params.',
  '$${',
  '../../../etc/passwd',
  'a#b#c.d',
  '\u001b[2J',
  'x'.repeat(1000),
  [],
  {},
  [[[[]]]],
  { constructor: { prototype: 1 } },
];
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'extends',
  'matrix',
  'with',
  'a\nb',
  '',
  'stages.a',
  '0',
  'other#seed',
  'fuzzed#seed',
  'stages.a\\.b',
  'a\\b',
  '${params.stories}',
];

/** What went wrong with one damaged file; undefined when it was planned, or refused in the right way. */
export function pipelinesIn(folder: string): (random: RandomStream) => Promise<string | undefined> {
  return (random) =>
    inFolder(folder, async (own) => {
      const text = JSON.stringify(random.below(3) === 0 ? PIPELINE : changed(PIPELINE, random), undefined, 1);
      const bytes = random.below(3) === 0 ? Buffer.from(text) : mutated(Buffer.from(text), random);
      await writeFile(join(own, 'fuzzed.pipeline.json'), bytes);
      return tryToPlan(own);
    });
}

async function tryToPlan(cwd: string): Promise<string | undefined> {
  try {
    await buildMatrixGraph(await loadMatrix({ file: 'fuzzed.pipeline.json', registry, cwd }), { engine: 'onnx' });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return findControlCharacters(error.message);
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** The document with a value replaced, a member added, or a member gone, somewhere. */
function changed(value: unknown, random: RandomStream): unknown {
  if (random.below(6) === 0 || typeof value !== 'object' || value === null) return random.pick(PIECES);
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  if (at === entries.length) entries.push([random.pick(NAMES), random.pick(PIECES)]);
  else if (random.below(8) === 0) entries.splice(at, 1);
  else entries[at] = [(entries[at] as [string, unknown])[0], changed(entries[at]?.[1], random)];
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : withMembers(entries);
}

/** `JSON.stringify` writes a member `__proto__` only when it is one of the object's own. */
function withMembers(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries)
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  return made;
}
