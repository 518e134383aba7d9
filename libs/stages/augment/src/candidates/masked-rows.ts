import type { HostTensors } from '@retort/engine';
import type { SpecialIds } from '@retort/tokenizer';

/** `[CLS] masked text [SEP]`, and perhaps `original text [SEP]`. */
export interface MaskedRow {
  readonly tokenIds: readonly number[];
  /** Length of the first segment; what follows is segment 1. */
  readonly firstSegmentLength: number;
  /** Where [MASK] is. */
  readonly position: number;
}

/**
 * A row with one word masked. Where it would be too long, both segments are cut to what surrounds the word.
 *
 * @param before pieces of the text before the word; `after` likewise
 * @param original pieces of the whole text; left out for a single segment
 */
export function maskedRow({
  before,
  after,
  original,
  special,
  maxSequenceLength,
}: {
  before: readonly number[];
  after: readonly number[];
  original: readonly number[] | undefined;
  special: SpecialIds;
  maxSequenceLength: number;
}): MaskedRow {
  const room = original ? Math.floor((maxSequenceLength - 3) / 2) : maxSequenceLength - 2;
  const length = before.length + 1 + after.length;
  // Half of the room before the word, more where the text ends soon after it.
  const start = Math.max(0, Math.min(before.length - Math.floor(room / 2), length - room));
  const masked = [...before, special.maskId, ...after].slice(start, start + room);
  const first = [special.clsId, ...masked, special.sepId];
  const second = original ? [...original.slice(start, start + room), special.sepId] : [];
  return { tokenIds: [...first, ...second], firstSegmentLength: first.length, position: 1 + before.length - start };
}

/** Inputs of a pass. */
export function padMaskedRows(
  rows: readonly MaskedRow[],
  { width, padId }: { width: number; padId: number },
): HostTensors {
  const shape = [rows.length, width];
  const tokenIds = new Int32Array(rows.length * width).fill(padId);
  const segmentIds = new Int32Array(tokenIds.length);
  const keyMask = new Int32Array(tokenIds.length);
  const positions = new Int32Array(rows.length);
  for (const [i, row] of rows.entries()) {
    const [begin, end] = [i * width, i * width + row.tokenIds.length];
    tokenIds.set(row.tokenIds, begin);
    segmentIds.fill(1, begin + row.firstSegmentLength, end);
    keyMask.fill(1, begin, end);
    positions[i] = begin + row.position;
  }
  return {
    tokenIds: { data: tokenIds, shape },
    segmentIds: { data: segmentIds, shape },
    keyMask: { data: keyMask, shape },
    positions: { data: positions, shape: [rows.length] },
  };
}
