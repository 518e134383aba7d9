import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sizesOf, stagesOn } from '../src/benches/stage-memory.ts';

/** Five processes, each of which loads an engine: minutes on a busy machine. */
const PATIENCE = 600_000;

test(
  'every stage on wasm has a peak',
  async () => {
    const scratchFolder = mkdtempSync(join(tmpdir(), 'retort-stage-memory-'));
    onTestFinished(() => rmSync(scratchFolder, { recursive: true }));
    const workspace = join(import.meta.dirname, '../../..');
    const context = { workspace, quick: true, threads: 1, scratchFolder, say: () => {} };
    const [sizes] = sizesOf(context).filter(({ engine }) => engine === 'wasm');
    const peaks = await stagesOn(context, sizes!);
    expect(peaks.map(({ name }) => name.split(' ')[2])).toEqual([
      'pretrain',
      'finetune',
      'teacher-forward',
      'student-train',
      'evaluate',
    ]);
    for (const { name, value } of peaks) expect(value, name).toBeGreaterThan(50e6);
  },
  PATIENCE,
);
