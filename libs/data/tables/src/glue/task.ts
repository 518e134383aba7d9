/** Names of the nine tasks in settings. */
export const GLUE_TASKS = ['cola', 'sst2', 'mrpc', 'stsb', 'qqp', 'mnli', 'qnli', 'rte', 'wnli'] as const;

export type GlueTaskName = (typeof GLUE_TASKS)[number];

/** What GLUE scores a task by. */
export type GlueMetric = 'accuracy' | 'f1' | 'matthews' | 'pearson' | 'spearman';

/** One table of a task as it is published. */
export interface GlueTable {
  /** File names under which it is found; the first that is there is taken. */
  readonly names: readonly string[];
  /** Whether the first row names the columns; without it they are called 1, 2, 3 and so on. */
  readonly header: boolean;
  readonly columns: {
    readonly textA: string;
    readonly textB?: string;
    /** Missing where the table is published without labels. */
    readonly label?: string;
  };
  /** Rows differ in their number of columns: those after the ones named here may be missing. */
  readonly isUneven?: boolean;
}

/** The tables of one form in which a task is published. */
export interface GlueLayout {
  readonly train: GlueTable;
  readonly validation: GlueTable;
  readonly test: GlueTable;
  /** The second development and test set of MNLI, of other genres than the training set. */
  readonly mismatched?: { readonly validation: GlueTable; readonly test: GlueTable };
}

export type GlueLabels =
  | {
      readonly kind: 'classes';
      /** As the tables spell them, in label order. */
      readonly values: readonly string[];
      /** What the classes are called, in the same order. */
      readonly names: readonly string[];
    }
  | { readonly kind: 'regression'; readonly minimum: number; readonly maximum: number };

/** A file of predictions on a test set, as the GLUE server takes it. */
export interface GlueSubmission {
  readonly file: string;
  /** Rows of the test set. */
  readonly rows: number;
}

export interface GlueTask {
  /** As GLUE writes it. */
  readonly title: string;
  readonly labels: GlueLabels;
  /** In order of preference: GLUE's own files, then those of the source. */
  readonly layouts: readonly GlueLayout[];
  /** The first one is the one to compare models by. */
  readonly metrics: readonly GlueMetric[];
  readonly submission: GlueSubmission;
  readonly mismatchedSubmission?: GlueSubmission;
  /** Training and development rows that lack columns are left out, as in all published code. */
  readonly hasBadRows?: boolean;
  /** What its tables have where a row has no gold label; such rows are left out too. */
  readonly skipLabels?: readonly string[];
}
