import type { Word } from '../words.ts';

/** A word in its text. */
export interface WordRequest {
  readonly text: string;
  readonly word: Word;
}

/** Proposes words in place of others. */
export interface CandidateSource {
  /** Candidates of each request, best first, in the order of the requests; an empty list where there are none. */
  readonly find: (requests: readonly WordRequest[]) => Promise<readonly (readonly string[])[]>;
  readonly dispose: () => Promise<void>;
}
