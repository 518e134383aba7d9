import { appendFileSync, copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findEventDamage, mendEventLog } from '../src/event-log.ts';
import { temporaryStore } from './temporary-store.ts';

const RUN = '20250101T000000000Z-00000000';

async function written(count = 3) {
  const store = temporaryStore();
  const files = await store.createRun(RUN);
  const log = store.openEventLog(RUN);
  for (let i = 0; i < count; i++) log.append({ event: 'stage-log', message: `message ${i} é` });
  return files;
}

test('what was appended is whole', async () => {
  const files = await written();
  expect(readFileSync(files.events, 'utf8').split('\n')).toHaveLength(4);
  expect(await findEventDamage(files, { isFinished: true })).toBeUndefined();
});

describe('damage of a finished log is found:', () => {
  test('any flipped byte', async () => {
    const files = await written();
    for (const path of [files.events, files.sums]) {
      const bytes = readFileSync(path);
      for (let i = 0; i < bytes.length; i++) {
        writeFileSync(path, bytes.with(i, (bytes[i] as number) ^ 1));
        expect({ i, damage: await findEventDamage(files, { isFinished: true }) }).toEqual({
          i,
          damage: expect.any(String),
        });
      }
      writeFileSync(path, bytes);
    }
    expect(await findEventDamage(files, { isFinished: true })).toBeUndefined();
  });

  test('any cut', async () => {
    const files = await written();
    const bytes = readFileSync(files.events);
    for (let size = 0; size < bytes.length; size++) {
      writeFileSync(files.events, bytes);
      truncateSync(files.events, size);
      expect(await findEventDamage(files, { isFinished: true })).toEqual(expect.any(String));
    }
  });

  test('a missing file, another log, an added line', async () => {
    const [files, other] = [await written(), await written(2)];
    copyFileSync(other.events, files.events);
    expect(await findEventDamage(files, { isFinished: true })).toBe('1 lines are missing at its end');
    rmSync(files.events);
    expect(await findEventDamage(files, { isFinished: true })).toBe('it is missing or unreadable');
    rmSync(other.sums);
    expect(await findEventDamage(other, { isFinished: true })).toMatch(/^its checksums are missing/);
    const more = await written();
    appendFileSync(more.events, '{}\n');
    expect(await findEventDamage(more, { isFinished: true })).toBe('line 4 has changed since it was written');
  });
});

test('a log whose writer died in the middle of a line is whole up to there', async () => {
  const files = await written();
  truncateSync(files.events, readFileSync(files.events).length - 5);
  expect(await findEventDamage(files, { isFinished: false })).toBeUndefined();
  expect(await findEventDamage(files, { isFinished: true })).toBeDefined();
  await mendEventLog(files);
  expect(await findEventDamage(files, { isFinished: true })).toBeUndefined();
  expect(readFileSync(files.events, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});
