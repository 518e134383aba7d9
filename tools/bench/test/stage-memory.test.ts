import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sizesOf, stagesOn } from '../src/benches/stage-memory.ts';

/** Of such small models most is the process itself, which differs from machine to machine. */
const TOLERANCE = 0.4;
/** Five processes, each of which loads an engine: minutes on a busy machine. */
const PATIENCE = 600_000;

test(
  'the peak of every stage on wasm is near what the plan says',
  async () => {
    const scratchFolder = mkdtempSync(join(tmpdir(), 'retort-stage-memory-'));
    onTestFinished(() => rmSync(scratchFolder, { recursive: true }));
    const context = { workspace: join(import.meta.dirname, '../../..'), isQuick: true, threads: 1, scratchFolder };
    const [sizes] = sizesOf(context).filter(({ engine }) => engine === 'wasm');
    const peaks = await stagesOn(context, sizes!);
    expect(peaks.map(({ name }) => name.split(' ')[2])).toEqual([
      'pretrain',
      'finetune',
      'teacher-forward',
      'student-train',
      'evaluate',
    ]);
    for (const { name, value, notes } of peaks) {
      expect(value, name).toBeGreaterThan(50e6);
      const [, percent] = /the plan says .* \(([+-]\d+) %\)/.exec(notes as string) as RegExpExecArray;
      expect(Math.abs(Number(percent)) / 100, `${name}: ${notes}`).toBeLessThan(TOLERANCE);
    }
  },
  PATIENCE,
);
