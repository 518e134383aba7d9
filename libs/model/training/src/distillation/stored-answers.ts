import { type Answer, Answers, answerName, hasPositions, signalGeometry } from '@retort/distillation/signals';
import type { InputTensor } from '@retort/engine';
import type { SignalColumn, Signals, SignalsDtype } from '@retort/tables';
import type { Batch } from '../batches.ts';
import { type AnswerAxes, eachRun, sizeOf } from './position-runs.ts';

type Geometry = Parameters<typeof signalGeometry>[0];

/** The columns of a table that holds these answers. */
export function signalColumns(
  answers: readonly Answer[],
  { dtype, ...teacher }: Geometry & { readonly dtype: SignalsDtype },
): SignalColumn[] {
  const { heads, hiddenSize, headSize } = signalGeometry(teacher);
  const sizes = { position: 'length', heads: `${heads} heads`, hiddenSize, headSize, classes: 'classes' };
  return answers.map((answer) => {
    const { layer, signal } = answer;
    const shape = `[${signal.axes.map((axis) => sizes[axis]).join(', ')}]`;
    const note = signal.note ?? signal.title;
    return {
      name: answerName(answer),
      dtype: hasPositions(signal) ? dtype : 'float32',
      description: layer === undefined ? `${note}: ${shape}` : `Teacher layer ${layer}: ${shape}, ${note}`,
    };
  });
}

/**
 * Stored answers about one batch, padded with zeros to its width, in the dtype of the file. Those that are stored with their padding
 * have the teacher's own values there, cut to the width: how far a row is padded makes no difference to them.
 *
 * @param lengths tokens of each row
 */
export function readAnswers(
  signals: Signals,
  { answers, batch, lengths }: { answers: readonly Answer[]; batch: Batch; lengths: Int32Array },
): Answers<InputTensor> {
  return new Answers(answers.map((answer) => [answer, readAnswer(signals, { answer, batch, lengths })] as const));
}

function readAnswer(
  signals: Signals,
  { answer, batch: { rows, width }, lengths }: { answer: Answer; batch: Batch; lengths: Int32Array },
): InputTensor {
  const { signal } = answer;
  const { dtype, paddedLength } = signals.metadata;
  const geometry = signalGeometry(signals.metadata);
  const axes: AnswerAxes = signal.axes.map((axis) => (axis === 'position' ? axis : geometry[axis]));
  if (!hasPositions(signal)) {
    const { values } = signals.readRows(rows, answerName(answer));
    return { data: values, shape: [rows.length, ...(axes as number[])] };
  }
  const padded = sizeOf(axes, width);
  const data = dtype === 'float16' ? new Uint16Array(rows.length * padded) : new Float32Array(rows.length * padded);
  signals.copyRows(rows, answerName(answer), data, (i, copy) => {
    const stored = paddedLength ?? (lengths[rows[i] as number] as number);
    eachRun(axes, { from: stored, to: width }, (source, count, target) => copy(source, count, i * padded + target));
  });
  return { data, shape: [rows.length, ...axes.map((axis) => (axis === 'position' ? width : axis))] };
}
