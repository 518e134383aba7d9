import { existsSync, readFileSync } from 'node:fs';
import { stat, truncate } from 'node:fs/promises';
import { createSignalsWriter, createTableWriter, openSignals, openTable, type SignalsMetadata } from '@retort/tables';
import { Field, Float16, Int32, List, Schema } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { SIGNAL_NAMES as COLUMNS, SIGNALS_METADATA, signalColumns, signalRows } from './signals-example.ts';
import { temporaryPath } from './temporary.ts';

const ROWS = 40_000;
const APPENDED_AT_ONCE = 32;

async function writeSignals(metadata: SignalsMetadata = SIGNALS_METADATA, rowCount = ROWS): Promise<string> {
  const path = await temporaryPath('signals.arrow');
  const columns = signalColumns(COLUMNS, metadata.dtype);
  const writer = await createSignalsWriter(path, { metadata, columns });
  for (let first = 0; first < rowCount; first += APPENDED_AT_ONCE) {
    // Last rows first: the order of the file is not the order of the rows.
    const rows = Array.from(
      { length: Math.min(APPENDED_AT_ONCE, rowCount - first) },
      (_, i) => rowCount - 1 - first - i,
    );
    await writer.append(
      Object.fromEntries(COLUMNS.map((column) => [column, signalRows(rows, column)])),
      Int32Array.from(rows),
    );
  }
  expect(await writer.close()).toBe(rowCount);
  return path;
}

describe('signals', () => {
  it.each(['float16', 'float32'] as const)('come back row by row in any order, as %s', async (dtype) => {
    const signals = await openSignals(await writeSignals({ ...SIGNALS_METADATA, dtype }));
    expect(signals).toMatchObject({ rowCount: ROWS, columns: COLUMNS, metadata: { ...SIGNALS_METADATA, dtype } });
    const rows = [ROWS - 1, 0, 1, 2, 5_003, 5_003, 5_004, 17, ROWS - 2, ROWS - 1];
    for (const column of COLUMNS) expect(signals.readRows(rows, column)).toEqual(signalRows(rows, column));
    await signals.close();
  });

  it('come back whole over all record batches', async () => {
    const path = await writeSignals({ ...SIGNALS_METADATA, dtype: 'float32' });
    const table = await openTable(path);
    expect(table.batchCount).toBeGreaterThan(1);
    await table.close();
    const signals = await openSignals(path);
    const rows = Array.from({ length: ROWS }, (_, i) => i);
    for (const column of COLUMNS) {
      const [got, wanted] = [signals.readRows(rows, column), signalRows(rows, column)];
      expect(Buffer.from(got.values.buffer).equals(Buffer.from(wanted.values.buffer))).toBe(true);
      expect(Buffer.from(got.offsets.buffer).equals(Buffer.from(wanted.offsets.buffer))).toBe(true);
    }
    await signals.close();
  });

  it('may leave out logits, hidden states or attention scores', async () => {
    const path = await temporaryPath('signals.arrow');
    const columns = signalColumns(['attentionScores.2']);
    const writer = await createSignalsWriter(path, { metadata: SIGNALS_METADATA, columns });
    await writer.append({ 'attentionScores.2': signalRows([3, 4], 'attentionScores.2') }, Int32Array.from([0, 1]));
    await writer.close();
    const signals = await openSignals(path);
    expect(signals.columns).toEqual(['attentionScores.2']);
    expect(signals.stored).toEqual({ attentionScores: [2] });
    expect(signals.readRows([1], 'attentionScores.2')).toEqual(signalRows([4], 'attentionScores.2'));
    await signals.close();
  });

  it('name column and row of a value that float16 cannot hold', async () => {
    const writer = await createSignalsWriter(await temporaryPath('signals.arrow'), {
      metadata: SIGNALS_METADATA,
      columns: signalColumns(['hiddenStates.0']),
    });
    await writer.append({ 'hiddenStates.0': signalRows([0, 1], 'hiddenStates.0') }, Int32Array.of(0, 1));
    const rows = { values: Float32Array.of(1, 2, 70_000, 4), offsets: Int32Array.of(0, 2, 4) };
    await expect(
      writer.append({ 'hiddenStates.0': rows }, Int32Array.of(2, 3)),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RetortError: Teacher signals, column "hiddenStates.0", row 3: float16 cannot hold 70000, only values from -65504 to 65504. Set "store.dtype" to "float32".]`,
    );
  });

  it('say which columns there are when one is asked for that is not', async () => {
    const signals = await openSignals(await writeSignals(SIGNALS_METADATA, 3));
    expect(() => signals.readRows([0], 'hiddenState.2')).toThrow('Did you mean "hiddenStates.2"?');
    expect(() => signals.readRows([3], 'logits')).toThrow('no row 3');
    await signals.close();
  });

  it('are refused when the file was cut off', async () => {
    const path = await writeSignals(SIGNALS_METADATA, 100);
    await truncate(path, (await stat(path)).size - 1);
    await expect(openSignals(path)).rejects.toMatchObject({ code: 'ARROW_DAMAGED' });
  });

  it('may hold signals that a plug-in brings', async () => {
    const path = await temporaryPath('signals.arrow');
    const columns = signalColumns(['meanVector', 'values.1', 'values.2']);
    const writer = await createSignalsWriter(path, { metadata: SIGNALS_METADATA, columns });
    const rows = { values: Float32Array.of(1, 2, 3), offsets: Int32Array.of(0, 3) };
    await writer.append({ meanVector: rows, 'values.1': rows, 'values.2': rows }, Int32Array.of(0));
    await writer.close();
    const signals = await openSignals(path);
    expect(signals.stored).toEqual({ meanVector: true, values: [1, 2] });
    expect(signals.readRows([0], 'values.2')).toEqual(rows);
    await signals.close();
  });

  it('are refused when they say of themselves what their columns are not', async () => {
    const path = await temporaryPath('signals.arrow');
    const metadata = { ...SIGNALS_METADATA, type: 'signals', logits: true, hiddenStates: [1], attentionScores: [] };
    const list = new List(new Field('item', new Float16(), false));
    const fields = [new Field('hiddenStates.0', list, false), new Field('row', new Int32(), false)];
    const schema = new Schema(fields, new Map([['retort', JSON.stringify(metadata)]]));
    await (await createTableWriter(path, schema)).close();
    await expect(openSignals(path)).rejects.toThrow('but its metadata says of logits: true');
  });

  it('are refused where tokens are wanted', async () => {
    await expect(openTable(await writeSignals(SIGNALS_METADATA, 3), { type: 'tokens' })).rejects.toMatchObject({
      code: 'ARROW_UNEXPECTED',
    });
  });
});

/** Bytes that this process has read from files so far, as Linux counts them. */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

describe.skipIf(!existsSync('/proc/self/io'))('reading from a large table (needs /proc/self/io)', () => {
  it('takes only the bytes of the batch or rows asked for', async () => {
    const path = await writeSignals({ ...SIGNALS_METADATA, dtype: 'float32' });
    const table = await openTable(path);
    const batchBytes = table.layouts[1]?.buffers.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
    let before = bytesRead();
    await table.batch(1);
    expect(bytesRead() - before).toBeLessThan(batchBytes * 1.1);
    await table.close();

    const signals = await openSignals(path);
    signals.readRows([ROWS - 1], 'attentionScores.2');
    before = bytesRead();
    signals.readRows([ROWS - 2], 'attentionScores.2');
    expect(bytesRead() - before).toBeLessThan(2_000);
    await signals.close();
  });
});
