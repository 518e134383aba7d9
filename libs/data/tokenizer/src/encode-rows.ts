import type { Frame } from './frame.ts';
import type { SpecialIds } from './vocabulary.ts';

export type TextOrPair = string | readonly [string, string];

/** Rows of ids in flat arrays. Row i is `tokenIds[offsets[i] … offsets[i + 1]]`, special tokens included. */
export interface EncodedRows {
  readonly rowCount: number;
  readonly tokenIds: Int32Array;
  /** int32 [rowCount + 1]. */
  readonly offsets: Int32Array;
  /** int32 [rowCount]: length of `[CLS] A [SEP]`; what follows is segment 1. The whole row where pairs have one segment. */
  readonly firstSegmentLengths: Int32Array;
  /** Rows that were cut. */
  readonly truncatedCount: number;
}

interface Request {
  readonly texts: readonly TextOrPair[];
  readonly maxSequenceLength: number;
  readonly special: SpecialIds;
  readonly frame: Frame;
  readonly encodeWords: (texts: readonly string[]) => Promise<number[][]>;
}

export async function encodeRows({
  texts,
  maxSequenceLength,
  special,
  frame,
  encodeWords,
}: Request): Promise<EncodedRows> {
  const least = specialCount(frame, { isPair: texts.some((text) => typeof text !== 'string') });
  if (maxSequenceLength < least)
    throw new RangeError(`maxSequenceLength ${maxSequenceLength} has no room for ${least} special tokens`);
  const segments = await encodeWords(texts.flatMap((text) => text));
  const offsets = new Int32Array(texts.length + 1);
  const firstSegmentLengths = new Int32Array(texts.length);
  const tokenIds = new Int32Array(
    texts.length * specialCount(frame, { isPair: true }) + segments.reduce((sum, segment) => sum + segment.length, 0),
  );
  let at = 0;
  let segment = 0;
  let truncatedCount = 0;
  const put = (ids: readonly number[], count: number) => {
    for (let i = 0; i < count; i++) tokenIds[at++] = ids[i] as number;
    tokenIds[at++] = special.sepId;
  };
  texts.forEach((text, row) => {
    const a = segments[segment++] as number[];
    const b = typeof text === 'string' ? undefined : (segments[segment++] as number[]);
    const kept = longestFirst(
      a.length,
      b?.length,
      maxSequenceLength - specialCount(frame, { isPair: b !== undefined }),
    );
    if (kept.a < a.length || kept.b < (b?.length ?? 0)) truncatedCount += 1;
    const start = at;
    tokenIds[at++] = special.clsId;
    put(a, kept.a);
    firstSegmentLengths[row] = at - start;
    if (b) {
      for (let i = 1; i < frame.separators; i++) tokenIds[at++] = special.sepId;
      put(b, kept.b);
    }
    if (frame.segments === 1) firstSegmentLengths[row] = at - start;
    offsets[row + 1] = at;
  });
  return { rowCount: texts.length, tokenIds: tokenIds.slice(0, at), offsets, firstSegmentLengths, truncatedCount };
}

/** Special tokens around a text, or around and between the two of a pair. */
export function specialCount({ separators }: Frame, { isPair }: { isPair: boolean }): number {
  return isPair ? 2 + separators : 2;
}

/** How many tokens of each text stay, so that together they are at most `limit`: as HuggingFace's "longest first". */
export function longestFirst(a: number, b: number | undefined, limit: number): { a: number; b: number } {
  if (b === undefined) return { a: Math.min(a, limit), b: 0 };
  if (a + b <= limit) return { a, b };
  const half = Math.floor(limit / 2);
  const [shorter, longer] = Math.min(a, b) > half ? [half, limit - half] : [Math.min(a, b), limit - Math.min(a, b)];
  return a <= b ? { a: shorter, b: longer } : { a: longer, b: shorter };
}
