import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelValues } from './label-column.ts';
import type { TokensMetadata } from './schemas/tokens.ts';
import { createTokensWriter, type TokenRows } from './tokens.ts';

/** Ids of the special tokens in tables of tests; those of words begin behind them. */
export const SPECIAL_IDS = { padId: 0, unkId: 1, clsId: 2, sepId: 3, maskId: 4 } as const;

type Sizes = Pick<TokensMetadata, 'vocabularySize' | 'maxSequenceLength'>;

interface Rows {
  /** Token ids of each row, special tokens included. */
  readonly rows: readonly (readonly number[])[];
  readonly labels?: LabelValues | undefined;
  /** Half of each row is its second segment. */
  readonly hasPairs?: boolean | undefined;
}

export function tokensMetadata(given: Sizes & Partial<TokensMetadata>): TokensMetadata {
  return { tokenizerDigest: 'v', ...SPECIAL_IDS, ...given };
}

export function tokenRows({ rows, labels, hasPairs = false }: Rows): TokenRows {
  const offsets = new Int32Array(rows.length + 1);
  for (const [row, { length }] of rows.entries()) offsets[row + 1] = (offsets[row] as number) + length;
  return {
    rowCount: rows.length,
    tokenIds: Int32Array.from(rows.flat()),
    offsets,
    firstSegmentLengths: Int32Array.from(rows, ({ length }) => (hasPairs ? Math.ceil(length / 2) : length)),
    ...(labels && { labels }),
  };
}

/** Writes `tokens.arrow` as a single batch into a folder, which is made. Resolves to its path. */
export async function writeTokens(
  folder: string,
  { rows, labels, hasPairs, ...metadata }: Rows & Sizes & Partial<TokensMetadata>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'tokens.arrow');
  const writer = await createTokensWriter(path, tokensMetadata(metadata));
  await writer.append(tokenRows({ rows, labels, hasPairs }));
  await writer.close();
  return path;
}
