import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomStream } from '@retort/foundation/random';
import {
  createExamplesWriter,
  createSignalsWriter,
  createTextWriter,
  createTokensWriter,
  openSignals,
  readTokens,
  type SignalColumn,
  type SignalsMetadata,
  streamExamples,
  streamText,
} from '@retort/tables';
import { tokenRows, tokensMetadata } from '@retort/tables/testing';
import { MOST_SECONDS } from './attempt.ts';
import { mutated } from './mutated.ts';
import { withinLimits } from './within-limits.ts';

/** One kind of table: how to write a small one, and how a stage reads it to the end. */
interface TableKind {
  readonly name: string;
  readonly write: (path: string) => Promise<void>;
  readonly read: (path: string) => Promise<void>;
}

/** For one small table. */
const LIMITS = { seconds: MOST_SECONDS, megabytes: 1024 };

const TOKENS = tokensMetadata({
  vocabularySize: 40,
  maxSequenceLength: 8,
  task: { kind: 'classes', labels: ['no', 'yes'] },
});

const SIGNALS: SignalsMetadata = {
  teacherDigest: 't',
  tokensDigest: 'k',
  tokenizerDigest: 'v',
  dtype: 'float16',
  teacherLayers: 1,
  hiddenSize: 4,
  heads: 2,
  maskConvention: 'valid positions only, scores before softmax and mask',
};

const SIGNAL_COLUMNS: readonly SignalColumn[] = [
  { name: 'logits', dtype: 'float32', description: 'Class scores' },
  { name: 'hiddenStates.0', dtype: 'float16', description: 'Embedding output' },
];

const ROWS = 50;

const TABLES: readonly TableKind[] = [
  {
    name: 'text',
    write: async (path) => {
      const writer = await createTextWriter(path);
      await writer.append(
        Array.from({ length: ROWS }, (_, i) => ({
          document: i >> 2,
          sentence: `sentence ${i} é`,
          split: 'train' as const,
        })),
      );
      await writer.close();
    },
    read: async (path) => {
      for await (const rows of streamText(path)) for (const { sentence } of rows) void sentence.length;
    },
  },
  {
    name: 'examples',
    write: async (path) => {
      const writer = await createExamplesWriter(path, {
        name: 'example',
        task: { kind: 'classes', labels: ['no', 'yes'] },
      });
      await writer.append(
        Array.from({ length: ROWS }, (_, i) => ({ textA: `text ${i}`, label: i % 2, split: 'train' as const })),
      );
      await writer.close();
    },
    read: async (path) => {
      for await (const rows of streamExamples(path)) for (const { textA } of rows) void textA.length;
    },
  },
  {
    name: 'tokens',
    write: async (path) => {
      const writer = await createTokensWriter(path, TOKENS);
      const rows = Array.from({ length: ROWS }, () => [2, 7, 3]);
      await writer.append(tokenRows({ rows, labels: Int32Array.from(rows, (_, i) => i % 2) }));
      await writer.close();
    },
    read: async (path) => {
      const { tokenIds, offsets, rowCount } = await readTokens(path);
      for (let row = 0; row < rowCount; row++) void tokenIds.subarray(offsets[row], offsets[row + 1]).length;
    },
  },
  {
    name: 'signals',
    write: async (path) => {
      const writer = await createSignalsWriter(path, { metadata: SIGNALS, columns: SIGNAL_COLUMNS });
      const ragged = (width: number) => ({
        values: Float32Array.from({ length: width * ROWS }, (_, i) => i / 8),
        offsets: Int32Array.from({ length: ROWS + 1 }, (_, i) => width * i),
      });
      const rows = Int32Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i);
      await writer.append({ logits: ragged(2), 'hiddenStates.0': ragged(12) }, rows);
      await writer.close();
    },
    read: async (path) => {
      const signals = await openSignals(path);
      try {
        const rows = Array.from({ length: signals.rowCount }, (_, i) => i);
        for (const column of signals.columns) signals.readRows(rows, column);
      } finally {
        await signals.close();
      }
    },
  },
];

/** Damages one small table of every kind each time; says what went wrong, undefined when all were read or refused. */
export async function tablesIn(folder: string): Promise<(random: RandomStream) => Promise<string | undefined>> {
  const whole = new Map<TableKind, Uint8Array>();
  for (const kind of TABLES) {
    const path = join(folder, `${kind.name}.whole.arrow`);
    await kind.write(path);
    whole.set(kind, await readFile(path));
  }
  return async (random) => {
    let wrong: string | undefined;
    for (const [{ name, read }, bytes] of whole) {
      const path = join(folder, `${name}.arrow`);
      await writeFile(path, mutated(bytes, random));
      const found = await withinLimits(() => read(path), LIMITS);
      wrong ??= found && `${name}: ${found}`;
    }
    return wrong;
  };
}
