import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { digestBytes } from '@retort/foundation/digest';
import { openFileDigests } from '@retort/pipeline-graph';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

let folder: string;
let data: string;
let memo: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'digests-'));
  data = join(folder, 'data.txt');
  memo = join(folder, 'digests.json');
  writeFileSync(data, 'one');
  await setTimeout(60);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const learn = async () => {
  const digests = await openFileDigests({
    read: () => readFileSync(memo, 'utf8'),
    write: async (text) => writeFileSync(memo, text),
  });
  const digest = await digests.digest(data);
  await digests.save();
  return digest;
};

/** Puts another digest into the memo, so that a test sees whether the file was read. */
const falsifyAs = (text: string) =>
  writeFileSync(memo, readFileSync(memo, 'utf8').replace(digestBytes(text), digestBytes('memo')));
const falsify = () => falsifyAs('one');

describe('openFileDigests', () => {
  it('does not read a file again whose size, times and inode are the same', async () => {
    expect(await learn()).toBe(digestBytes('one'));
    falsify();
    expect(await learn()).toBe(digestBytes('memo'));
  });

  it('reads a file that was written again, even with the same size and modification time', async () => {
    const time = new Date(2020, 1, 1);
    utimesSync(data, time, time);
    await setTimeout(60);
    await learn();
    falsify();
    writeFileSync(data, 'two');
    utimesSync(data, time, time);
    expect(await learn()).toBe(digestBytes('two'));
  });

  it('remembers a file that changed while it was looked at by its last bytes alone', async () => {
    const size = 'one'.length;
    for (let round = 0; round < 20; round++) {
      const learning = learn();
      for (let change = 0; change < 3; change++) {
        await setTimeout(Math.random() * 8);
        writeFileSync(data, String(round * 3 + change).padStart(size, '0'));
      }
      await learning;
      expect(await learn()).toBe(digestBytes(readFileSync(data, 'utf8')));
    }
  });

  it('does so by whatever clock the machine has', async () => {
    for (const shift of [-3_600_000, 3_600_000]) {
      vi.setSystemTime(Date.now() + shift);
      onTestFinished(() => void vi.useRealTimers());
      writeFileSync(data, `at${shift}`);
      const learning = learn();
      await setTimeout(5);
      writeFileSync(data, `to${shift}`);
      await learning;
      expect(await learn()).toBe(digestBytes(`to${shift}`));
      falsifyAs(`to${shift}`);
      expect(await learn()).toBe(digestBytes('memo'));
    }
  });

  it.each(['', '{', '[]', '{"version":2,"entries":{"x":null}}', '{"version":99,"entries":{}}'])(
    'ignores a damaged memo: %s',
    async (text) => {
      await learn();
      writeFileSync(memo, text);
      expect(await learn()).toBe(digestBytes('one'));
    },
  );

  it('works without a file to keep them in, and where that cannot be written', async () => {
    expect(await (await openFileDigests()).digest(data)).toBe(digestBytes('one'));
    const fail = () => Promise.reject(new Error('nowhere'));
    const digests = await openFileDigests({ read: fail, write: fail });
    expect(await digests.digest(data)).toBe(digestBytes('one'));
    await digests.save();
  });
});
