import { join } from 'node:path';
import type { Checkpoints } from '@retort/plugin-kit';
import { type FilePart, findFileFault } from '@retort/tables';
import { DocumentStore } from './document-store.ts';
import type { Split, Tables } from './progress.ts';

/** How far the documents are tokenized, and then how far they are paired. */
export interface PairsProgress {
  /** Batches of the text that are tokenized. */
  readonly textBatches: number;
  /** The document that the next sentences may belong to. */
  readonly pending?: PendingDocument | undefined;
  readonly documents: Readonly<Partial<Record<Split, { readonly parts: readonly FilePart[]; readonly count: number }>>>;
  /** What is paired next; undefined until all documents are tokenized. */
  readonly next?: PairPlace | undefined;
}

export interface PendingDocument {
  readonly document: number;
  readonly split: Split;
  readonly sentences: number[][];
}

/** A document of a copy of a split, each by its number. */
export interface PairPlace {
  readonly split: number;
  readonly copy: number;
  readonly document: number;
}

export type DocumentStores = ReadonlyMap<Split, DocumentStore>;

/**
 * A store of documents for each split, as an earlier attempt left them or empty.
 *
 * @param pathOf  where each has its file
 */
export async function openDocuments(
  splits: Iterable<Split>,
  { pathOf, tables }: { pathOf: (split: Split) => string; tables: Tables },
): Promise<Map<Split, DocumentStore>> {
  const saved = tables.saved?.pairs?.documents ?? {};
  const sizes = new Map<string, Int32Array>();
  for (const [split, { count }] of Object.entries(saved)) sizes.set(split, new Int32Array(2 * count));
  await tables.readArrays?.(new Map([...sizes].map(([split, values]) => [split, bitsOf(values)])));
  const stores = new Map<Split, DocumentStore>();
  for (const split of splits) {
    const from = saved[split] && { parts: saved[split].parts, sizes: sizes.get(split) as Int32Array };
    stores.set(split, await DocumentStore.open(pathOf(split), from));
  }
  return stores;
}

/** What `openDocuments` needs to open them again: facts, and an array for each split. */
export async function documentsContent(stores: DocumentStores): Promise<{
  readonly documents: PairsProgress['documents'];
  readonly arrays: ReadonlyMap<string, Float32Array>;
}> {
  const documents: Partial<Record<Split, { parts: readonly FilePart[]; count: number }>> = {};
  const arrays = new Map<string, Float32Array>();
  for (const [split, store] of stores) {
    const { parts, sizes } = await store.position();
    documents[split] = { parts, count: store.documentCount };
    arrays.set(split, bitsOf(sizes));
  }
  return { documents, arrays };
}

/** Where the documents of a split lie between attempts; undefined where nothing survives one. */
export function documentsPath({ folder }: Checkpoints, split: Split): string | undefined {
  return folder === undefined ? undefined : join(folder, `${split}.documents`);
}

export async function findDocumentsFault(
  checkpoints: Checkpoints,
  pairs: PairsProgress | undefined,
): Promise<string | undefined> {
  for (const [split, { parts }] of Object.entries(pairs?.documents ?? {})) {
    const fault = await findFileFault(documentsPath(checkpoints, split as Split) as string, parts);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A checkpoint keeps the bits of float32 arrays. */
function bitsOf({ buffer, byteOffset, length }: Int32Array): Float32Array {
  return new Float32Array(buffer, byteOffset, length);
}
