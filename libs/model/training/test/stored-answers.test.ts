import { join } from 'node:path';
import { type Answer, answerName, attentionScores, hiddenStates, logits } from '@retort/distillation/signals';
import { type InputTensor, inputValues } from '@retort/engine';
import { createSignalsWriter, openSignals, type Ragged, type SignalsMetadata } from '@retort/tables';
import { checkSignals, openTeacherSignals, readAnswers, rowLengths, signalColumns, unpad } from '@retort/training';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/temporary.ts';
import { METADATA, tokensOf } from './support/tiny-tokens.ts';

const LENGTHS = [3, 7, 4, 5];
const HIDDEN = 2;
const HEADS = 2;
const lengths = rowLengths(tokensOf(LENGTHS));

const metadata: SignalsMetadata = {
  teacherDigest: 't'.repeat(64),
  tokensDigest: 'k'.repeat(64),
  tokenizerDigest: METADATA.tokenizerDigest,
  dtype: 'float32',
  task: { kind: 'classes', labels: ['a', 'b', 'c'] },
  teacherLayers: 2,
  hiddenSize: HIDDEN,
  heads: HEADS,
  maskConvention: 'valid positions only, scores before softmax and mask',
};

const ANSWERS: readonly Answer[] = [
  { signal: logits },
  { signal: hiddenStates, layer: 0 },
  { signal: hiddenStates, layer: 2 },
  { signal: attentionScores, layer: 2 },
];

/** Numbers that say where they stand, and that float16 holds. */
const hiddenAt = (layer: number, row: number, position: number, unit: number) =>
  layer * 700 + row * 100 + position * 10 + unit + 1;
const scoreAt = (row: number, head: number, query: number, key: number) =>
  row * 500 + head * 100 + query * 10 + key + 1;
const logitAt = (row: number, label: number) => row * 10 + label + 1;

function ragged(rows: readonly number[], valuesOf: (row: number, length: number) => number[]): Ragged<Float32Array> {
  const parts = rows.map((row) => valuesOf(row, LENGTHS[row] as number));
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = (offsets[i] as number) + part.length;
  return { values: Float32Array.from(parts.flat()), offsets };
}

const times = <T>(count: number, valueAt: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => valueAt(i));

/** A real file, its rows written shortest first, as teacher-forward does. */
async function writeSignals(folder: string, dtype: SignalsMetadata['dtype'] = 'float32'): Promise<string> {
  const path = join(folder, 'signals.arrow');
  const writer = await createSignalsWriter(path, {
    metadata: { ...metadata, dtype },
    columns: signalColumns(ANSWERS, { ...metadata, dtype }),
  });
  for (const rows of [
    [0, 2],
    [3, 1],
  ]) {
    const hidden = (layer: number) =>
      ragged(rows, (row, length) =>
        times(length * HIDDEN, (i) => hiddenAt(layer, row, Math.floor(i / HIDDEN), i % HIDDEN)),
      );
    const scores = ragged(rows, (row, length) =>
      times(HEADS, (head) => times(length, (query) => times(length, (key) => scoreAt(row, head, query, key)))).flat(2),
    );
    const columns = {
      'hiddenStates.0': hidden(0),
      'hiddenStates.2': hidden(2),
      'attentionScores.2': scores,
      logits: ragged(rows, (row) => times(3, (label) => logitAt(row, label))),
    };
    await writer.append(columns, Int32Array.from(rows));
  }
  await writer.close();
  return path;
}

const valuesOf = (input: InputTensor | undefined): number[] => (input ? [...inputValues(input)] : []);

describe('readAnswers', () => {
  it.each(['float32', 'float16'] as const)(
    'puts values stored as %s where their tokens are, and zeros elsewhere',
    async (dtype) => {
      const signals = await openSignals(await writeSignals(temporaryFolder(), dtype));
      const rows = Int32Array.of(1, 0, 3, 1);
      const width = 8;
      const answers = readAnswers(signals, { answers: ANSWERS, batch: { rows, rowCount: 3, width }, lengths });
      await signals.close();
      const inputs = answers.named();
      expect(Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]))).toEqual({
        'hiddenStates.0': [4, 8, HIDDEN],
        'hiddenStates.2': [4, 8, HIDDEN],
        'attentionScores.2': [4, HEADS, 8, 8],
        logits: [4, 3],
      });
      expect(inputs['hiddenStates.0']?.data).toBeInstanceOf(dtype === 'float16' ? Uint16Array : Float32Array);
      const inside = (row: number, ...positions: number[]) =>
        positions.every((position) => position < (LENGTHS[row] as number));
      for (const layer of [0, 2]) {
        const expected = [...rows]
          .map((row) =>
            times(width, (at) => times(HIDDEN, (unit) => (inside(row, at) ? hiddenAt(layer, row, at, unit) : 0))),
          )
          .flat(2);
        expect(valuesOf(inputs[`hiddenStates.${layer}`])).toEqual(expected);
      }
      const scores = [...rows]
        .map((row) =>
          times(HEADS, (head) =>
            times(width, (query) =>
              times(width, (key) => (inside(row, query, key) ? scoreAt(row, head, query, key) : 0)),
            ),
          ),
        )
        .flat(3);
      expect(valuesOf(inputs['attentionScores.2'])).toEqual(scores);
      expect(valuesOf(inputs['logits'])).toEqual([...rows].flatMap((row) => times(3, (label) => logitAt(row, label))));
    },
  );

  it('reads only what is needed', async () => {
    const signals = await openSignals(await writeSignals(temporaryFolder()));
    const batch = { rows: Int32Array.of(2), rowCount: 1, width: 4 };
    const answers = readAnswers(signals, { answers: [{ signal: hiddenStates, layer: 2 }], batch, lengths });
    expect(Object.keys(answers.named())).toEqual(['hiddenStates.2']);
    await signals.close();
  });
});

describe('unpad', () => {
  it('gives the rows back that were padded', async () => {
    const signals = await openSignals(await writeSignals(temporaryFolder()));
    const rows = Int32Array.of(3, 0, 1);
    const batch = { rows, rowCount: 3, width: 9 };
    const ragged = unpad(readAnswers(signals, { answers: ANSWERS, batch, lengths }), { batch, lengths });
    for (const [answer, got] of ragged) expect(got).toEqual(signals.readRows(rows, answerName(answer)));
    await signals.close();
  });
});

describe('signals are refused', () => {
  const artifact = (path: string, digest: string, label: string, type: 'signals' | 'tokens') => ({
    path,
    digest,
    label,
    type,
  });

  it('when they answer other tokens', async () => {
    const folder = temporaryFolder();
    await writeSignals(folder);
    const signals = artifact(folder, 's', 'teacher-forward.signals', 'signals');
    const opened = await openTeacherSignals(signals, artifact('', metadata.tokensDigest, 'tokenize.train', 'tokens'));
    expect(opened.rowCount).toBe(4);
    await opened.close();
    const other = openTeacherSignals(signals, artifact('', 'x'.repeat(64), 'tokenize.train', 'tokens'));
    await expect(other).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: teacher-forward.signals was made from the tokens sha256:kkkkkkkkkkkk, but tokenize.train is sha256:xxxxxxxxxxxx. Connect teacher-forward to the same tokens.]`,
    );
  });

  it('when they lack what the loss needs, all of it named', async () => {
    const signals = { metadata, columns: ['hiddenStates.0', 'hiddenStates.2', 'attentionScores.2'] };
    checkSignals(signals, { answers: ANSWERS.slice(1) }, 'teacher-forward.signals');
    const lacking = [{ signal: hiddenStates, layer: 1 }, { signal: attentionScores, layer: 1 }, { signal: logits }];
    expect(() =>
      checkSignals(signals, { answers: [...ANSWERS.slice(1), ...lacking], isPadded: true }, 'teacher-forward.signals'),
    ).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: teacher-forward.signals lacks hidden states of layer 1, attention scores of layer 1, logits, padded positions, which the loss needs. Store them in teacher-forward.]`,
    );
  });
});
