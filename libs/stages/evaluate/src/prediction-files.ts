import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REGRESSION, type Task } from '@retort/foundation/task';
import type { StageContext } from '@retort/plugin-kit';
import { createPredictionsWriter, finish, labelWidth, type PredictionsWriter, type Tokens } from '@retort/tables';
import { glueTask, submissionText } from '@retort/tables/glue';
import type { Answers } from './answers.ts';
import type { evaluate } from './index.ts';
import type { ModelName } from './models.ts';
import { probabilitiesOf } from './probabilities.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

type Context = StageContext<typeof evaluate>;
type AllAnswers = ReadonlyMap<ModelName, Answers>;

/** Writes `predictions.arrow`, and for a GLUE test set a file for its server from each model. Returns the rows of the table. */
export async function writePredictions(context: Context, tokens: Tokens, answers: AllAnswers): Promise<number> {
  const { path: folder } = context.outputs.predictions;
  const { task = REGRESSION, split, glue } = tokens.metadata;
  const writer = await createPredictionsWriter(join(folder, 'predictions.arrow'), {
    task,
    ...(split && { split }),
    ...(glue && { glue }),
  });
  const [rows = 0] = await finish([writer], async () => {
    for (const [input, answer] of answers) await writeModel(writer, { input, answer, tokens, task });
  });
  await writeSubmissions(context, tokens, answers);
  return rows;
}

async function writeModel(
  writer: PredictionsWriter,
  { input, answer, tokens, task }: { input: ModelName; answer: Answers; tokens: Tokens; task: Task },
): Promise<void> {
  const width = labelWidth(task);
  const outputs = answer.logits.length / tokens.rowCount;
  for (let firstRow = 0; firstRow < tokens.rowCount; firstRow += BATCH_ROWS) {
    const end = Math.min(firstRow + BATCH_ROWS, tokens.rowCount);
    const logits = answer.logits.subarray(firstRow * outputs, end * outputs);
    await writer.append({
      model: input,
      firstRow,
      rowCount: end - firstRow,
      labels: tokens.labels?.subarray(firstRow * width, end * width),
      predicted: answer.predicted.subarray(firstRow * width, end * width),
      logits,
      probabilities: probabilitiesOf(logits, task),
    });
  }
}

/** `student/RTE.tsv`, for test rows in their published order. */
async function writeSubmissions(context: Context, { metadata, rowCount }: Tokens, answers: AllAnswers): Promise<void> {
  const { glue, split } = metadata;
  if (glue === undefined || split !== 'test' || rowCount === 0) return;
  const task = glueTask(glue.task);
  const { file, rows } = (glue.isMismatched && task.mismatchedSubmission) || task.submission;
  if (rowCount !== rows)
    context.warn(
      `GLUE's test set of ${task.title} has ${rows} rows, but these are ${rowCount}, so its server will not accept ${file}.`,
    );
  for (const [input, { predicted }] of answers) {
    const folder = join(context.outputs.predictions.path, input);
    await mkdir(folder);
    await writeFile(join(folder, file), submissionText(task, predicted));
  }
}
