import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputArtifact, Report, ReportTable, StageContext, StageRun } from '@retort/stage-kit';
import type { EvaluateConfig } from './config.generated.ts';
import { heldOutLosses } from './held-out-losses.ts';
import { readInputs } from './models.ts';
import { sizeTable } from './sizes.ts';
import { speedTable } from './speed.ts';
import { taskScores } from './task-scores.ts';

export const run: StageRun<EvaluateConfig> = async (context) => {
  const { tokens, models } = await readInputs(context);
  const tables: ReportTable[] = [];
  const notes: string[] = [];
  const metrics: Record<string, number> = {};
  if (context.inputs['signals']) {
    const losses = await heldOutLosses(context, tokens);
    tables.push(losses.table);
    Object.assign(metrics, losses.metrics);
  }
  if (tokens.labels && models.some(({ role, model }) => role === 'student' && model.heads.includes('classifier'))) {
    const scores = await taskScores(context, tokens, models);
    tables.push(scores.table);
    notes.push(...scores.notes);
    Object.assign(metrics, scores.metrics);
  }
  tables.push(sizeTable(models));
  await writeReport(context, 'report', { title: 'Evaluation', tables, notes });
  const speed = context.config.latency.rows > 0 ? [await speedTable(context, tokens, models)] : [];
  await writeReport(context, 'speed', { title: 'Speed', tables: speed, notes: [] });
  return { metrics };
};

function writeReport(
  { outputs }: StageContext<EvaluateConfig>,
  port: 'report' | 'speed',
  report: Report,
): Promise<void> {
  return writeFile(
    join((outputs[port] as OutputArtifact).path, 'report.json'),
    `${JSON.stringify(report, undefined, 2)}\n`,
  );
}
