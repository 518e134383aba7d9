import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report, ReportTable, StageContext, StageRun } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import { type Answers, askModels } from './answers.ts';
import { chosenWeightsNotes } from './chosen-weights.ts';
import { checkFloors, passModelsOn, warnOfUnlearnedTeacher } from './floors.ts';
import { heldOutLosses } from './held-out-losses.ts';
import type { evaluate } from './index.ts';
import { type EvaluatedModel, type ModelName, readInputs } from './models.ts';
import { writePredictions } from './prediction-files.ts';
import { sizeTable } from './sizes.ts';
import { speedTable } from './speed.ts';
import { type TaskScores, taskScores } from './task-scores.ts';

type Context = StageContext<typeof evaluate>;

export const run: StageRun<typeof evaluate> = async (context) => {
  const { tokens, models } = await readInputs(context);
  const tables: ReportTable[] = [];
  const notes: string[] = [];
  const metrics: Record<string, number> = {};
  if (context.inputs.signals) {
    const losses = await heldOutLosses(context, tokens);
    tables.push(losses.table);
    Object.assign(metrics, losses.metrics);
  }
  const answers = tokens.metadata.task
    ? await askModels(context, { tokens, task: tokens.metadata.task }, models)
    : NO_ANSWERS;
  const scores = scoresOf(context, { tokens, models, answers });
  checkFloors(context, scores, tokens.rowCount);
  if (scores) {
    tables.push(...scores.tables);
    notes.push(...scores.notes);
    Object.assign(metrics, scores.metrics);
    warnOfUnlearnedTeacher(context, scores, tokens.rowCount);
  }
  // Of others this report says nothing that such a choice could make too good.
  const isScored = ({ input }: EvaluatedModel) =>
    scores?.standings.has(input) || (input === 'student' && context.inputs.signals);
  notes.push(...(await chosenWeightsNotes(context, models.filter(isScored))));
  tables.push(sizeTable(models));
  await writeReport(context, 'report', { title: 'Evaluation', tables, notes });
  const predictions = await writePredictions(context, tokens, answers);
  await passModelsOn(context);
  const isTimed = context.config.latency.rows > 0 && tokens.rowCount > 0;
  await writeReport(context, 'speed', {
    title: 'Speed',
    tables: isTimed ? [await speedTable(context, tokens, models)] : [],
    notes: [],
  });
  return { rows: { predictions }, metrics };
};

const NO_ANSWERS: ReadonlyMap<ModelName, Answers> = new Map();

function scoresOf(
  context: Context,
  {
    tokens,
    models,
    answers,
  }: { tokens: Tokens; models: readonly EvaluatedModel[]; answers: ReadonlyMap<ModelName, Answers> },
): TaskScores | undefined {
  const {
    labels,
    metadata: { task, glue },
    rowCount,
  } = tokens;
  if (labels === undefined || task === undefined || answers.size === 0) return undefined;
  if (rowCount === 0) {
    context.warn('There are no rows, so there is nothing to score.');
    return undefined;
  }
  return taskScores({
    context,
    task,
    glue,
    labels,
    predictions: new Map([...answers].map(([input, { predicted }]) => [input, predicted])),
    sizes: new Map(models.map(({ input, parameters }) => [input, parameters])),
  });
}

function writeReport({ outputs }: Context, port: 'report' | 'speed', report: Report): Promise<void> {
  return writeFile(join(outputs[port].path, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
}
