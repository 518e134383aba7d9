import type { Architecture } from '@retort/families/geometry';
import type { Task } from '@retort/foundation/task';

/** What a `signals` artifact contains. */
export interface SignalFacts {
  /** Teacher layers by signal, 0 being the embedding output; `true` for a signal without layers. */
  readonly stored: Readonly<Record<string, true | readonly number[]>>;
  /** Rows are stored with padding to their largest length. Without it, only valid positions are stored. */
  readonly padding?: 'reference';
  readonly teacher?: Architecture;
}

/**
 * What is known about an output before anything has run. Checks between stages compare facts ("heads equal", "same
 * vocabulary"). A missing fact is unknown, and is not checked.
 */
export interface Facts {
  /** Equal for two outputs if, and only if, both come from the same tokenizer. */
  readonly tokenizer?: string;
  readonly vocabularySize?: number;
  /** Kind of a tokenizer other than BERT's, such as "BPE" or "Unigram". */
  readonly tokenizerKind?: string;
  /** Both texts of a pair are in the first segment, as in RoBERTa. */
  readonly pairsInOneSegment?: true;
  readonly architecture?: Architecture;
  /** Name of a model's family. Missing if it is BERT or unknown. */
  readonly family?: string;
  /** Positions that rows in training could have. Unknown for a model that was trained elsewhere. */
  readonly learnedPositions?: number;
  /** Number of segments that a model has embeddings for: 2, or 1 if it reads only single texts. */
  readonly segmentTypes?: number;
  /** Width of a model's embeddings, if they are projected to the width of its layers. */
  readonly embeddingSize?: number;
  /** Rows can be pairs of texts, each with its own segment. */
  readonly hasPairs?: true;
  /** What rows are labelled with, or what a model's classification head answers. */
  readonly task?: Task;
  /** Kind of a model's classification head: `HeadKind` of `@retort/families`. */
  readonly headKind?: string;
  readonly signals?: SignalFacts;
  readonly maxSequenceLength?: number;
  /** Whether some training examples are set aside for choosing weights. */
  readonly hasSelection?: boolean;
  /** Upper bound, or an estimate if the exact count needs the data. */
  readonly rows?: number;
  /** Tokens over all rows, estimated. */
  readonly tokens?: number;
}
