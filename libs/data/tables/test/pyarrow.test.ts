import { dirname } from 'node:path';
import { createExamplesWriter, createSignalsWriter } from '@retort/tables';
import { writeTokens } from '@retort/tables/testing';
import { describe, expect, it } from 'vitest';
import { pythonHas, runPython } from './python.ts';
import { SIGNALS_METADATA, signalColumns, signalRow, signalRows } from './signals-example.ts';
import { temporaryPath } from './temporary.ts';

const READ = `
import sys, json, pyarrow as pa
with pa.memory_map(sys.argv[1]) as source:
    table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)
    print(json.dumps({
        'types': {field.name: str(field.type) for field in table.schema},
        'rows': [{key: (list(map(float, value)) if isinstance(value, list) else value) for key, value in row.items()} for row in table.to_pylist()],
        'metadata': json.loads(table.schema.metadata[b'retort']),
    }))
`;

describe.skipIf(!pythonHas('pyarrow'))('pyarrow (set RETORT_PYTHON to an interpreter that has it)', () => {
  it('reads float16 signals with the same values', async () => {
    const path = await temporaryPath('signals.arrow');
    const writer = await createSignalsWriter(path, { metadata: SIGNALS_METADATA, columns: signalColumns() });
    const columns = ['logits', 'hiddenStates.0', 'hiddenStates.2', 'attentionScores.2'];
    await writer.append(
      Object.fromEntries(columns.map((column) => [column, signalRows([0, 1, 2], column)])),
      Int32Array.of(7, 3, 5),
    );
    await writer.close();
    const rows = [0, 1, 2].map((row, i) => ({
      ...Object.fromEntries(columns.map((column) => [column, [...signalRow(row, column)]])),
      row: [7, 3, 5][i],
    }));
    expect(runPython(READ, path)).toEqual({
      types: {
        logits: 'list<item: float not null>',
        'hiddenStates.0': 'list<item: halffloat not null>',
        'hiddenStates.2': 'list<item: halffloat not null>',
        'attentionScores.2': 'list<item: halffloat not null>',
        row: 'int32',
      },
      rows,
      metadata: {
        ...SIGNALS_METADATA,
        logits: true,
        hiddenStates: [0, 2],
        attentionScores: [2],
        type: 'signals',
      },
    });
  });

  it('reads an empty table', async () => {
    const path = await temporaryPath('examples.arrow');
    await (await createExamplesWriter(path, { name: 'none', task: { kind: 'classes', labels: ['a'] } })).close();
    expect(runPython(READ, path)).toMatchObject({ rows: [] });
  });
});

const PANDAS = `
import sys, json, pandas as pd
frame = pd.read_feather(sys.argv[1])
print(json.dumps({'columns': list(frame.columns), 'ids': [row.tolist() for row in frame['tokenIds']], 'labels': frame['label'].tolist()}))
`;

describe.skipIf(!pythonHas('pyarrow', 'pandas'))('pandas (set RETORT_PYTHON to an interpreter that has it)', () => {
  it('reads tokens', async () => {
    const path = await writeTokens(dirname(await temporaryPath('tokens.arrow')), {
      vocabularySize: 10,
      maxSequenceLength: 4,
      task: { kind: 'classes', labels: ['no', 'yes'] },
      rows: [
        [2, 7, 3],
        [2, 3],
      ],
      labels: Int32Array.of(1, 0),
    });
    expect(runPython(PANDAS, path)).toEqual({
      columns: ['tokenIds', 'firstSegmentLength', 'label'],
      ids: [
        [2, 7, 3],
        [2, 3],
      ],
      labels: [1, 0],
    });
  });
});
