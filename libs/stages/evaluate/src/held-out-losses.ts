import { signalsNeeded, usesLabels } from '@retort/distillation/loss-block';
import { parametersOf } from '@retort/families';
import { connected, type ReportTable, type StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import {
  bucketWidths,
  checkSignals,
  distillationTerms,
  loadStudent,
  meanOutputs,
  openTeacherSignals,
  padTokens,
  readAnswers,
  readHistory,
  rowLengths,
  teacherInputs,
  tokenLabels,
} from '@retort/training';
import type { evaluate } from './index.ts';

/** Each term of the loss that a student was trained with, on held-out tokens, before and after training. */
export async function heldOutLosses(
  context: StageContext<typeof evaluate>,
  tokens: Tokens,
): Promise<{ table: ReportTable; metrics: Record<string, number> }> {
  const history = await readHistory(connected(context.inputs, 'student').path);
  const isLastOfSeveral = (history?.phases.filter(({ distillation }) => distillation).length ?? 0) > 1;
  const after = await termsOf(context, tokens, 'student');
  const before = context.inputs.initialStudent ? await termsOf(context, tokens, 'initialStudent') : undefined;
  const rows = Object.entries(after).map(([term, value]) => ({
    term,
    ...(before ? { before: before[term] ?? null, left: before[term] ? value / before[term] : null } : {}),
    after: value,
  }));
  return {
    table: {
      title: `Loss of each term${isLastOfSeveral ? ' of the last phase' : ''} on ${tokens.rowCount} held-out rows`,
      columns: [
        { key: 'term', title: 'term' },
        ...(before ? [{ key: 'before', title: 'before', format: 'decimal' } as const] : []),
        { key: 'after', title: 'after', format: 'decimal' },
        ...(before ? [{ key: 'left', title: 'left', format: 'percent' } as const] : []),
      ],
      rows,
    },
    metrics: Object.fromEntries(Object.entries(after).map(([term, value]) => [`heldOut.${term}`, value])),
  };
}

/** Mean of each term over rows, without dropout, before weighting. */
async function termsOf(
  context: StageContext<typeof evaluate>,
  tokens: Tokens,
  input: 'student' | 'initialStudent',
): Promise<Record<string, number>> {
  const { inputs } = context;
  const [student, signalsInput] = [connected(inputs, input), connected(inputs, 'signals')];
  const { config, values, record } = await loadStudent(student.path, student.label);
  const signals = await openTeacherSignals(signalsInput, inputs.tokens);
  const layers = {
    mapping: record.mapping,
    studentLayers: config.layers,
    teacherLayers: signals.metadata.teacherLayers,
  };
  // Held-out losses leave padding out, whatever training did.
  const { answers } = signalsNeeded(record.block, layers);
  checkSignals(signals, { answers }, signalsInput.label);
  const lengths = rowLengths(tokens);
  try {
    return await meanOutputs({
      context,
      program: distillationTerms({ student: config, block: record.block, layers }),
      parameters: parametersOf(values),
      tokens,
      batchSize: context.config.batchSize,
      widths: bucketWidths(tokens.metadata.maxSequenceLength),
      inputsOf: (batch) => ({
        ...padTokens(tokens, batch),
        ...teacherInputs(readAnswers(signals, { answers, batch, lengths })),
        ...(usesLabels(record.block) ? tokenLabels(tokens, batch.rows) : {}),
      }),
    });
  } finally {
    await signals.close();
  }
}
