import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report, ReportColumn } from '@retort/foundation/report';
import { writeHistoryTable, writeTimesTable } from '@retort/tables';
import { type CourseRow, type ScoredRow, scoringsOf } from './course.ts';
import { scoreColumn, scoreColumns, type ValidationOutcome } from './validation.ts';

interface Folder {
  readonly path: string;
}

/** Writes how training went: `history.arrow` with a report of the scorings, and apart from them the times, which never repeat. */
export async function writeOutcome(
  { history, times }: { readonly history?: Folder | undefined; readonly times?: Folder | undefined },
  outcome: ValidationOutcome | undefined,
): Promise<void> {
  if (outcome === undefined || history === undefined || times === undefined) return;
  const { course, measures, kept } = outcome;
  const rows = course.map(({ step, epoch, learningRate, gradientNorm, losses, scores = {} }) => ({
    step,
    epoch,
    learningRate,
    gradientNorm,
    values: { ...losses, ...scoreColumns(scores) },
  }));
  await writeHistoryTable(join(history.path, 'history.arrow'), rows, {
    losses: [...new Set(course.flatMap(({ losses }) => Object.keys(losses)))],
    scores: measures.map(({ name }) => scoreColumn(name)),
    keptStep: kept.step,
  });
  await writeFile(join(history.path, 'report.json'), `${JSON.stringify(reportOf(outcome), undefined, 2)}\n`);
  await writeTimesTable(join(times.path, 'times.arrow'), course);
}

/** As many scorings as fit a screen; the table has all. */
const SHOWN_SCORINGS = 12;

function reportOf({ course, measures, kept, rows, keep, stoppedAt }: ValidationOutcome): Report {
  const scored = course.filter((row): row is ScoredRow => row.scores !== undefined);
  const [{ title }] = measures;
  const all = scoringsOf(course).length;
  const columns: ReportColumn[] = [
    { key: 'step', title: 'step', format: 'integer' },
    { key: 'epoch', title: 'epoch', format: 'decimal' },
    { key: 'loss', title: 'training loss', format: 'decimal' },
    ...measures.map(({ name, title: measured, format }) => ({ key: scoreColumn(name), title: measured, format })),
    { key: 'kept', title: 'kept' },
  ];
  const chosen =
    keep === 'best'
      ? `These rows chose the weights: those of step ${kept.step}, the best of ${all} by ${title}. Because of that choice, a score of this model on the same rows is too good.`
      : `These rows chose nothing: the weights are those of the last step.`;
  const stopped = stoppedAt === undefined ? [] : [`Training stopped early, after step ${stoppedAt}.`];
  return {
    title: 'Validation while training',
    tables: [
      {
        title: `Scores on ${rows} validation rows`,
        columns,
        rows: shownOf(scored, kept).map((row) => ({
          step: row.step,
          epoch: row.epoch,
          loss: row.losses['loss'] ?? null,
          ...Object.fromEntries(measures.map(({ name }) => [scoreColumn(name), row.scores[name] ?? null])),
          kept: row.step === kept.step ? 'yes' : null,
        })),
      },
    ],
    notes: [chosen, ...stopped],
  };
}

/** Evenly spread ones with the first, the last and the one that is kept among them. */
function shownOf(scored: readonly ScoredRow[], kept: CourseRow): readonly ScoredRow[] {
  const stride = Math.ceil(scored.length / SHOWN_SCORINGS);
  return scored.filter((row, i) => i % stride === 0 || i === scored.length - 1 || row.step === kept.step);
}
