import type { HostTensor } from '@retort/engine';
import type { OnnxGraph } from '@retort/engine/export';
import type { EngineName } from '@retort/engine/names';
import type { Extension, ExtensionSchema, SettingsOf } from '@retort/foundation/extensions';
import type { Source as Input } from '@retort/foundation/work';
import type { Facts, OutputPort } from '@retort/plugin-kit';
import type { ExportConfig } from './config.generated.ts';
import type { Rows, Source } from './source.ts';

/** What a format is written from and to. */
export interface ExportTarget<Settings = unknown> {
  readonly source: Source;
  /** Empty; what is in it afterwards is the output. */
  readonly folder: string;
  /** Of this format, from `options`. */
  readonly settings: Settings;
  /** The model as one graph, for any batch and any length that it has positions for. Recorded once for all formats. */
  readonly graph: () => Promise<OnnxGraph>;
  readonly card: ExportConfig['card'];
  /** Scores, where they are connected. */
  readonly evaluation: Input | undefined;
}

/** A format that was written, read back from its files and ready to run. */
export interface RunnableFormat {
  /** The model's only output, float32: logits [batch, classes], or the last hidden states [batch, width, hidden]. */
  readonly run: (rows: Rows) => Promise<HostTensor>;
  readonly dispose: () => Promise<void>;
}

/** What another tool reads. It is held to the source by running it: nothing is shipped that was not computed with. */
export interface ExportFormat<Schema extends ExtensionSchema = ExtensionSchema> extends Extension {
  /** Of its settings in `options`; missing where it has none. */
  readonly schema?: Schema;
  /** What reports call it. */
  readonly title: string;
  readonly output: OutputPort;
  /** Whose tolerance it is held to: `check.int8Tolerance` or, when left out, `check.tolerance`. */
  readonly precision?: 'int8';
  /** It is made to be fast: it is timed, and scored on all rows. */
  readonly isFast?: true;
  /** Where running it is slow: how many of the first batches it is compared on. */
  readonly comparedBatches?: (source: Source, batches: readonly Rows[]) => number;
  /** A sentence below the comparison. */
  readonly note?: string;
  /** What is known of the output before anything has run. */
  readonly describe?: (model: Facts) => Facts;
  /** Why it cannot hold a model's head, asked before anything has run. */
  readonly headProblem?: (model: Pick<Facts, 'headKind' | 'family'>) => string | undefined;
  /** Why it would not answer like the model, asked before anything is written. */
  readonly problem?: (source: Source) => string | undefined;
  readonly write: (target: ExportTarget<SettingsOf<Schema>>) => Promise<void>;
  /** Opens what was written as its user will. */
  readonly open: (
    folder: string,
    on: { readonly engine: EngineName; readonly threads: number },
  ) => Promise<RunnableFormat>;
}

/** Types the settings by their schema; erases them, so that all formats fit one list. */
export function defineExportFormat<const Schema extends ExtensionSchema>(format: ExportFormat<Schema>): ExportFormat {
  return format as unknown as ExportFormat;
}
