import type { TextRow, TokenRows } from '@retort/tables';
import type { Tokenizer } from '@retort/tokenizer';
import { type PackedRows, Packer, type PackerState } from './packer.ts';

/** Turns batches of sentences of one split into token rows. */
export interface TextEncoder {
  readonly encode: (rows: readonly TextRow[]) => Promise<TokenRows>;
  /** What is left over when there are no more sentences. */
  readonly end: () => TokenRows;
  /** What an encoder that goes on from here needs. */
  readonly state: () => PackerState | undefined;
}

/** A row for each sentence. Sentences of which nothing is left by cleaning are left out. */
export function sentenceEncoder(tokenizer: Tokenizer, maxSequenceLength: number): TextEncoder {
  const limit = maxSequenceLength - 2;
  const encode = async (rows: readonly TextRow[]) => {
    const offsets = [0];
    const ids: number[] = [];
    for (const sentence of await tokenizer.encodeWords(rows.map((row) => row.sentence))) {
      for (let i = 0; i < sentence.length && i < limit; i++) ids.push(sentence[i] as number);
      if (sentence.length > 0) offsets.push(ids.length);
    }
    return withSpecialTokens({ ids, offsets }, tokenizer);
  };
  return { encode, end: () => withSpecialTokens({ ids: [], offsets: [0] }, tokenizer), state: () => undefined };
}

/** Consecutive sentences of a document in one row. */
export function packedEncoder(tokenizer: Tokenizer, maxSequenceLength: number, state?: PackerState): TextEncoder {
  const packer = new Packer(maxSequenceLength - 2, state);
  const encode = async (rows: readonly TextRow[]) => {
    const encoded = await tokenizer.encodeWords(rows.map((row) => row.sentence));
    rows.forEach(({ document }, i) => packer.add(document, encoded[i] as number[]));
    return withSpecialTokens(packer.take(), tokenizer);
  };
  const end = () => {
    packer.end();
    return withSpecialTokens(packer.take(), tokenizer);
  };
  return { encode, end, state: () => packer.state };
}

/** `[CLS] … [SEP]` around each row: one segment. */
function withSpecialTokens({ ids, offsets }: PackedRows, { clsId, sepId }: Tokenizer): TokenRows {
  const rowCount = offsets.length - 1;
  const rows = {
    rowCount,
    tokenIds: new Int32Array(ids.length + 2 * rowCount),
    offsets: new Int32Array(rowCount + 1),
    firstSegmentLengths: new Int32Array(rowCount),
  };
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    rows.tokenIds[at++] = clsId;
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) rows.tokenIds[at++] = ids[i] as number;
    rows.tokenIds[at++] = sepId;
    rows.offsets[row + 1] = at;
    rows.firstSegmentLengths[row] = at - (rows.offsets[row] as number);
  }
  return rows;
}
