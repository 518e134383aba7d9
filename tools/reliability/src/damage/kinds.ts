import { filesUnder } from '@retort/lab';

/** A kind of file that a store holds. */
export interface FileKind {
  readonly name: string;
  /** Path below the store, with `/`. */
  readonly pattern: RegExp;
  /** Damages that `verify` must report; the others cannot be told from a thing that never was, or cost nothing. */
  readonly reported: readonly DamageName[];
  /** The store is verified once before, so that its memos are those of its files. */
  readonly isOfThisCopy?: true;
  /** Every file of this kind has the same bytes: none can be swapped for another. */
  readonly isConstant?: true;
}

export function damagesOf({ isConstant }: FileKind): readonly DamageName[] {
  return isConstant ? DAMAGES.filter((damage) => damage !== 'swapped') : DAMAGES;
}

/** The last is what power loss leaves of a file that was not synced, where the file system keeps its size but not its bytes. */
export const DAMAGES = ['flipped byte', 'truncated', 'emptied', 'deleted', 'swapped', 'zeros at its end'] as const;
export type DamageName = (typeof DAMAGES)[number];

const ALL = DAMAGES;
const CHANGES = ['flipped byte', 'truncated', 'emptied', 'swapped', 'zeros at its end'] as const;
const DIGEST = '[0-9a-f]{64}';

export const KINDS: readonly FileKind[] = [
  { name: 'artifact file', pattern: new RegExp(`^artifacts/../${DIGEST}/.`), reported: ALL },
  { name: 'listing', pattern: new RegExp(`^artifacts/../${DIGEST}\\.json$`), reported: ALL },
  { name: 'record', pattern: new RegExp(`^records/../${DIGEST}\\.json$`), reported: CHANGES },
  { name: 'index of records', pattern: /^records\/by-stage\//, reported: ALL },
  { name: 'manifest', pattern: /^runs\/.*\/manifest\.json$/, reported: ALL },
  { name: 'event log', pattern: /^runs\/.*\/events\.jsonl$/, reported: ALL },
  { name: 'sums of an event log', pattern: /^runs\/.*\/events\.sums$/, reported: ALL },
  {
    name: 'checkpoint',
    pattern: /\.checkpoint$/,
    reported: ['flipped byte', 'truncated', 'emptied', 'zeros at its end'],
  },
  { name: 'claim', pattern: new RegExp(`^claims/../${DIGEST}/owner\\.json$`), reported: [] },
  {
    name: 'heartbeat of a claim',
    pattern: new RegExp(`^claims/../${DIGEST}/heartbeat$`),
    reported: [],
    isConstant: true,
  },
  { name: 'presence of a run', pattern: /^runs\/.*\/runner\.json$/, reported: [] },
  { name: 'owner of an attempt', pattern: /^attempts\/.*\/owner\.json$/, reported: [] },
  { name: 'pin', pattern: /^pins\//, reported: CHANGES },
  { name: 'memo', pattern: /^memo\//, reported: [], isOfThisCopy: true },
];

/** Sorted paths below a store, with `/`. */
export function filesOf(store: string, { pattern }: FileKind): string[] {
  return filesUnder(store).filter((path) => pattern.test(path));
}
