import { stat, truncate, writeFile } from 'node:fs/promises';
import { createTokensWriter, readTokens, streamTokens, type TokensMetadata } from '@retort/tables';
import { tokenRows, tokensMetadata } from '@retort/tables/testing';
import { describe, expect, it } from 'vitest';
import { temporaryPath } from './temporary.ts';

const METADATA = tokensMetadata({
  vocabularySize: 10,
  maxSequenceLength: 4,
  task: { kind: 'classes', labels: ['no', 'yes'] },
});

const FIRST = tokenRows({
  rows: [
    [2, 7, 3],
    [2, 3],
  ],
  labels: Int32Array.of(1, 0),
});
const SECOND = {
  rowCount: 1,
  tokenIds: Int32Array.of(2, 8, 9, 3),
  offsets: Int32Array.of(0, 4),
  firstSegmentLengths: Int32Array.of(2),
  labels: Int32Array.of(1),
};

async function writeTwoBatches(): Promise<string> {
  const path = await temporaryPath('tokens.arrow');
  const writer = await createTokensWriter(path, METADATA);
  await writer.append(FIRST);
  await writer.append(SECOND);
  expect(await writer.close()).toBe(3);
  return path;
}

describe('tokens', () => {
  it('come back as one flat array over all batches', async () => {
    expect(await readTokens(await writeTwoBatches())).toEqual({
      rowCount: 3,
      tokenIds: Int32Array.of(2, 7, 3, 2, 3, 2, 8, 9, 3),
      offsets: Int32Array.of(0, 3, 5, 9),
      firstSegmentLengths: Int32Array.of(3, 2, 2),
      labels: Int32Array.of(1, 0, 1),
      metadata: METADATA,
    });
  });

  it('keep several labels a row', async () => {
    const metadata: TokensMetadata = { ...METADATA, task: { kind: 'multi-label', labels: ['a', 'b', 'c'] } };
    const path = await temporaryPath('tokens.arrow');
    const writer = await createTokensWriter(path, metadata);
    await writer.append({ ...FIRST, labels: Int32Array.of(1, 0, 1, 0, 0, 0) });
    await writer.append({ ...SECOND, labels: Int32Array.of(0, 1, 0) });
    await writer.close();
    expect((await readTokens(path)).labels).toEqual(Int32Array.of(1, 0, 1, 0, 0, 0, 0, 1, 0));
  });

  it('may be of a task without their labels', async () => {
    const path = await temporaryPath('tokens.arrow');
    const writer = await createTokensWriter(path, { ...METADATA, isUnlabelled: true });
    const { labels: _labels, ...unlabelled } = FIRST;
    await writer.append(unlabelled);
    await writer.close();
    expect((await readTokens(path)).labels).toBeUndefined();
  });

  it('stream batch by batch', async () => {
    const batches = [];
    for await (const batch of streamTokens(await writeTwoBatches())) batches.push(batch);
    expect(batches).toEqual([
      { ...FIRST, metadata: METADATA },
      { ...SECOND, metadata: METADATA },
    ]);
  });

  it('have float labels when the metadata says regression', async () => {
    const path = await temporaryPath('tokens.arrow');
    const writer = await createTokensWriter(path, { ...METADATA, task: { kind: 'regression' } });
    await writer.append({ ...SECOND, labels: Float32Array.of(2.5) });
    await writer.close();
    expect((await readTokens(path)).labels).toEqual(Float32Array.of(2.5));
  });

  it('may be empty', async () => {
    const path = await temporaryPath('tokens.arrow');
    const writer = await createTokensWriter(path, METADATA);
    await writer.close();
    expect(await readTokens(path)).toMatchObject({
      rowCount: 0,
      tokenIds: new Int32Array(0),
      offsets: Int32Array.of(0),
    });
  });

  it('are refused with the reason when the file is cut off at any length', async () => {
    const path = await writeTwoBatches();
    const { size } = await stat(path);
    for (let bytes = size - 1; bytes >= 0; bytes -= 37) {
      await truncate(path, bytes);
      await expect(readTokens(path)).rejects.toMatchObject({ code: 'ARROW_DAMAGED' });
    }
  });

  it('are refused when the file is something else', async () => {
    const path = await temporaryPath('tokens.arrow');
    await writeFile(path, 'sentence\tlabel\nhello there\t1\n');
    await expect(readTokens(path)).rejects.toThrow('it does not start with "ARROW1"');
  });
});
