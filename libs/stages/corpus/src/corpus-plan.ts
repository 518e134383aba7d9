import { InvalidInputError } from '@retort/foundation/diagnostics';
import { streamKey } from '@retort/foundation/random';
import type { FilesSource } from './config.generated.ts';
import type { Passage } from './documents.ts';
import { evenBudget, evenSelection } from './even-selection.ts';

/** What of the input is taken, and what of that is for validation. */
export interface CorpusPlan {
  readonly isChosen: (document: number) => boolean;
  /** Sentences to take of each passage of the chosen documents, in order. */
  readonly take: (size: number) => number;
  /** Takes the number of the document, and of the passage among the chosen ones. */
  readonly isValidation: (document: number, passage: number) => boolean;
}

/** What has to be known of the whole input before the first sentence is taken. JSON. */
export interface CorpusCounts {
  readonly all: Counts;
  /** Of the documents that are taken. */
  readonly chosen: Counts;
}

interface Settings {
  readonly source: FilesSource;
  readonly validationFraction: number;
  readonly seed: number;
}

/** Reads the input to count it, twice when documents are sampled: nothing is kept in memory. */
export async function countCorpus(
  passages: () => AsyncIterable<Passage>,
  { source, seed, label }: Pick<Settings, 'source' | 'seed'> & { readonly label: string },
): Promise<CorpusCounts> {
  const all = await count(passages(), () => true);
  if (all.sentences === 0)
    throw new InvalidInputError([
      {
        code: 'DATA_EMPTY',
        message: 'There is no text in these files. Check the path and "source.format".',
        location: { file: label },
      },
    ]);
  const isChosen = chosenDocuments(all, { source, seed });
  const isSampled = source.maxDocuments !== undefined && source.maxDocuments < all.documents;
  return { all, chosen: isSampled ? await count(passages(), isChosen) : all };
}

function chosenDocuments(
  { documents }: Counts,
  { source, seed }: Pick<Settings, 'source' | 'seed'>,
): CorpusPlan['isChosen'] {
  const chosen = Math.min(source.maxDocuments ?? documents, documents);
  return evenSelection({ total: documents, chosen, key: streamKey(seed, 'corpus-documents') });
}

/** The same for the same counts; `take` is to be asked from the first passage on. */
export function planCorpus({ all, chosen }: CorpusCounts, { source, validationFraction, seed }: Settings): CorpusPlan {
  const { sentences, passageCount } = chosen;
  const take = evenBudget({
    total: sentences,
    budget: source.maxSentences ?? sentences,
    key: streamKey(seed, 'corpus-sentences'),
  });
  return {
    isChosen: chosenDocuments(all, { source, seed }),
    take,
    isValidation: validationRule({ documents: all.documents, passageCount, validationFraction, seed }),
  };
}

interface Counts {
  readonly documents: number;
  readonly passageCount: number;
  readonly sentences: number;
}

async function count(passages: AsyncIterable<Passage>, isChosen: (document: number) => boolean): Promise<Counts> {
  let documents = 0;
  let passageCount = 0;
  let sentences = 0;
  for await (const passage of passages) {
    documents = passage.document + 1;
    if (!isChosen(passage.document)) continue;
    passageCount += 1;
    sentences += passage.sentences.length;
  }
  return { documents, passageCount, sentences };
}

/** By document, so that validation is of other documents than training. A single document is divided by passages instead. */
export function validationRule(request: {
  documents: number;
  passageCount: number;
  validationFraction: number;
  seed: number;
}): CorpusPlan['isValidation'] {
  const { documents, passageCount, validationFraction, seed } = request;
  if (validationFraction === 0) return () => false;
  const total = documents > 1 ? documents : passageCount;
  const chosen = Math.min(total - 1, Math.max(1, Math.round(total * validationFraction)));
  const isChosen =
    chosen < 1 ? () => false : evenSelection({ total, chosen, key: streamKey(seed, 'corpus-validation') });
  return documents > 1 ? (document) => isChosen(document) : (_, passage) => isChosen(passage);
}
