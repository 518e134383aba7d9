import type { SignalsNeeded } from '@retort/distillation/loss-block';
import type { Answers } from '@retort/distillation/signals';
import type { InputTensor, Precision } from '@retort/engine';
import type { Task } from '@retort/foundation/task';
import type { Int8Error, Tokens } from '@retort/tables';
import type { Batch } from '../batches.ts';

/** A teacher that a student learns from, whether its answers are stored or computed batch by batch. */
export interface Teacher {
  readonly layers: number;
  readonly hiddenSize: number;
  /** Of the model that answers. */
  readonly digest: string;
  /** Of the others, where several are averaged. */
  readonly further?: readonly string[];
  /** What its logits answer, labels in their order; undefined without a classification head. */
  readonly task: Task | undefined;
  /** How stored answers were computed, and what that costs; nothing for float32, or where the model is asked. */
  readonly stored?: { readonly precision: 'int8'; readonly error?: Int8Error } | undefined;
  /**
   * Gets ready to answer what a loss needs.
   *
   * @throws StageError naming what the teacher cannot answer; TEACHER_LABELS_DIFFER; PRECISION_UNUSED
   * @throws RetortError PRECISION_UNSUPPORTED where the engine knows float32 only
   */
  readonly ask: (needed: SignalsNeeded, how?: AskOptions) => Promise<TeacherAnswers>;
  /** Lets go of files that are open and were never asked about; answers are closed by themselves. */
  readonly close: () => Promise<void>;
}

export interface AskOptions {
  /** What the student learns, where it is known: logits are given in the order of its labels. */
  readonly task?: Task | undefined;
  /** How a model computes that is asked; float32 when left out. Stored answers are what they are. */
  readonly precision?: Precision;
}

export type AnswersOf = (batch: Batch) => Promise<Answers<InputTensor>>;

export interface TeacherAnswers {
  /** About one batch, padded to its width: float32, or float16 as they are stored. */
  readonly of: AnswersOf;
  /** The same about rows of other tokens; only a model that is asked can do that. */
  readonly about?: ((tokens: Tokens) => AnswersOf) | undefined;
  readonly close: () => Promise<void>;
}
