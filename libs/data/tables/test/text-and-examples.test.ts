import {
  createExamplesWriter,
  createTextWriter,
  type ExampleRow,
  readExamplesMetadata,
  streamExamples,
  streamText,
  type TextRow,
} from '@retort/tables';
import { describe, expect, it } from 'vitest';
import { temporaryPath } from './temporary.ts';

async function collect<Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

describe('text', () => {
  it('comes back with documents and splits, in any script', async () => {
    const path = await temporaryPath('text.arrow');
    const rows: TextRow[] = [
      { document: 0, sentence: 'Der Fluß, 大河, 🚀 and é.', split: 'train' },
      { document: 0, sentence: 'Two.', split: 'train' },
      { document: 1, sentence: 'Three.', split: 'validation' },
    ];
    const writer = await createTextWriter(path);
    await writer.append(rows.slice(0, 2));
    await writer.append(rows.slice(2));
    expect(await writer.close()).toBe(3);
    expect(await collect(streamText(path))).toEqual(rows);
  });
});

describe('examples', () => {
  it('keep pairs, missing second sentences and missing labels apart', async () => {
    const path = await temporaryPath('examples.arrow');
    const rows: ExampleRow[] = [
      { textA: 'a', textB: 'b', label: 1, split: 'train' },
      { textA: 'c', textB: undefined, label: 0, split: 'validation' },
      { textA: 'd', textB: '', label: undefined, split: 'test' },
    ];
    const writer = await createExamplesWriter(path, { name: 'sst2', task: { kind: 'classes', labels: ['no', 'yes'] } });
    await writer.append(rows);
    await writer.close();
    expect(await collect(streamExamples(path))).toEqual(rows);
    expect(await readExamplesMetadata(path)).toEqual({
      metadata: { name: 'sst2', task: { kind: 'classes', labels: ['no', 'yes'] } },
      rowCount: 3,
    });
  });

  it('keep several labels a row, none of them, and missing ones apart', async () => {
    const path = await temporaryPath('examples.arrow');
    const rows: ExampleRow[] = [
      { textA: 'a', textB: undefined, labels: [0, 2], split: 'train' },
      { textA: 'b', textB: undefined, labels: [], split: 'train' },
      { textA: 'c', textB: undefined, labels: undefined, split: 'test' },
    ];
    const writer = await createExamplesWriter(path, {
      name: 't',
      task: { kind: 'multi-label', labels: ['x', 'y', 'z'] },
    });
    await writer.append(rows);
    await writer.close();
    expect(await collect(streamExamples(path))).toEqual(rows);
  });

  it('keep fractions for regression', async () => {
    const path = await temporaryPath('examples.arrow');
    const writer = await createExamplesWriter(path, { name: 'similarity', task: { kind: 'regression' } });
    await writer.append([{ textA: 'a', textB: 'b', label: 3.25, split: 'train' }]);
    await writer.close();
    expect((await collect(streamExamples(path)))[0]?.label).toBe(3.25);
  });
});
