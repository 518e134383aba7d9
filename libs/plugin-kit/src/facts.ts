import type { Architecture } from '@retort/families/geometry';
import type { Task } from '@retort/foundation/task';

/** What a `signals` artifact holds. */
export interface SignalFacts {
  /** Teacher layers by signal, 0 being the embedding output; `true` for a signal without layers. */
  readonly stored: Readonly<Record<string, true | readonly number[]>>;
  /** Rows are stored as far as they can be padded; valid positions alone when left out. */
  readonly padding?: 'reference';
  readonly teacher?: Architecture;
}

/**
 * What is known about an output before anything has run, by reading the pipeline file alone. Facts are what the checks
 * between stages compare ("heads equal", "same vocabulary"). A missing fact is unknown, and then nothing is checked.
 */
export interface Facts {
  /** Equal for two outputs exactly when both come from the same tokenizer. */
  readonly tokenizer?: string;
  readonly vocabularySize?: number;
  /** What a tokenizer of another kind than BERT's computes: "BPE" or "Unigram", say. */
  readonly tokenizerKind?: string;
  /** Both texts of a pair are in the first segment, as RoBERTa has them. */
  readonly pairsInOneSegment?: true;
  readonly architecture?: Architecture;
  /** Name of a model's family; unknown or BERT when missing. */
  readonly family?: string;
  /** Positions of a model that rows in training may have had; unknown for one that was trained elsewhere. */
  readonly learnedPositions?: number;
  /** Segments that a model has embeddings for: 2, unless it reads single texts alone. */
  readonly segmentTypes?: number;
  /** Width of a model's embeddings, where they are projected to the width of its layers. */
  readonly embeddingSize?: number;
  /** Rows may be pairs of texts with a segment each. */
  readonly hasPairs?: true;
  /** Of rows, what they are labelled with; of a model, what its classification head answers. */
  readonly task?: Task;
  /** Kind of a model's classification head: `HeadKind` of the package bert. */
  readonly headKind?: string;
  readonly signals?: SignalFacts;
  readonly maxSequenceLength?: number;
  /** Whether some training examples are set apart to choose weights by. */
  readonly hasSelection?: boolean;
  /** Upper bound, or estimate where the exact count needs the data. */
  readonly rows?: number;
  /** Tokens over all rows, estimated. */
  readonly tokens?: number;
}
