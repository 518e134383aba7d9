import type { ArtifactStore } from '@retort/artifact-store';
import { suggestion, UsageError } from '@retort/diagnostics';
import { compareKeyDocuments, type KeyDifference, type PlannedStage, planPipeline } from '@retort/pipeline-graph';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import type { Colors } from '../render/colors.ts';
import { printable } from '../render/printable.ts';
import { textTable } from '../render/text-table.ts';
import type { PipelineOptions, Surroundings } from '../settings.ts';

interface Explanation extends Pick<PlannedStage, 'id' | 'uses' | 'key' | 'status' | 'reason' | 'keyDocument'> {
  /** Key of the record that differs least. */
  readonly comparedWith?: string;
  readonly comparedKeyDocument?: unknown;
  readonly differences: readonly KeyDifference[];
}

/** Values longer than this are cut in the table; `--json` has them whole. */
const SHOWN_CHARACTERS = 48;

/** Puts the key of each stage, or of one, beside that of the most similar time it ran. */
export async function explain(
  target: string,
  stage: string | undefined,
  options: PipelineOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const opened = await openPipeline(target, options, surroundings);
  const planned = await planPipeline(opened.graph, planContext(opened));
  const stages = chosen(planned.stages, stage);
  const explanations = await Promise.all(stages.map((each) => explainStage(each, opened.store)));
  out.writeDocument({ pipeline: planned.pipeline, explanations });
  out.print(explanations.map((each) => explanationText(each, out.colors)).join('\n'));
  return EXIT.done;
}

function chosen(stages: readonly PlannedStage[], name: string | undefined): readonly PlannedStage[] {
  const found = stages.filter(({ id }) => name === undefined || id === name);
  if (found.length > 0) return found;
  const ids = stages.map(({ id }) => id);
  throw new UsageError('PLAN_UNKNOWN_STAGE', `The pipeline has no stage "${name}".${suggestion(name ?? '', ids)}`);
}

async function explainStage(stage: PlannedStage, store: ArtifactStore): Promise<Explanation> {
  const { id, uses, key, status, reason, keyDocument } = stage;
  const base = {
    id,
    uses,
    status,
    reason,
    ...(key !== undefined && { key }),
    ...(keyDocument !== undefined && { keyDocument }),
  };
  if (keyDocument === undefined || status === 'cached') return { ...base, differences: [] };
  const [nearest] = (await store.recentRecords(uses))
    .map((record) => ({ record, differences: compareKeyDocuments(record.keyDocument, keyDocument) }))
    .sort((a, b) => a.differences.length - b.differences.length);
  if (nearest === undefined) return { ...base, differences: [] };
  const { record, differences } = nearest;
  return { ...base, comparedWith: record.key, comparedKeyDocument: record.keyDocument, differences };
}

function explanationText({ id, status, reason, differences, comparedWith }: Explanation, colors: Colors): string {
  const head = `${colors.bold(printable(id))}  ${status === 'cached' ? colors.dim('cached') : `${status}: ${printable(reason)}`}`;
  if (differences.length === 0) return head;
  const rows = differences.map(({ path, before, after }) => [
    printable(path),
    colors.red(valueText(before)),
    colors.green(valueText(after)),
  ]);
  const table = textTable([{ title: 'differs in' }, { title: 'old' }, { title: 'new' }], rows);
  return `${head}\n${colors.dim(`compared with ${comparedWith?.slice(0, 12)}`)}\n${table}\n`;
}

function valueText(value: unknown): string {
  if (value === undefined) return '–';
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
