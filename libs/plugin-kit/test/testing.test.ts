import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StageInterrupted, type StageRun } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { expect, test } from 'vitest';

const shout: StageRun<{ mark: string }> = async (context) => {
  const input = context.inputs.text;
  context.throwIfInterrupted();
  if (input === undefined) context.warn('nothing to shout');
  const words = input ? readFileSync(join(input.path, 'words.txt'), 'utf8') : '';
  writeFileSync(join(context.outputs.loud?.path as string, 'words.txt'), words.toUpperCase() + context.config.mark);
  context.progress({ done: 1, unit: 'files' });
  context.log('shouted');
  return {};
};

test('the output of one context is an input of the next', async () => {
  const first = await createTestContext({ config: { mark: 'a' }, outputs: { loud: 'text' } });
  await shout(first);
  const second = await createTestContext({
    config: { mark: '!' },
    inputs: { text: first.outputs.loud as { type: 'text'; path: string } },
    outputs: { loud: 'text' },
  });
  await shout(second);
  expect(readFileSync(join(second.outputs.loud?.path as string, 'words.txt'), 'utf8')).toBe('A!');
  expect(second.inputs.text?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(first.warnings).toEqual(['nothing to shout']);
  expect(second).toMatchObject({ warnings: [], logs: ['shouted'], progresses: [{ done: 1, unit: 'files' }] });
});

test('interrupt makes throwIfInterrupted throw, and remove takes the folders away', async () => {
  const context = await createTestContext({ config: { mark: '' }, outputs: { loud: 'text' } });
  context.interrupt();
  await expect(shout(context)).rejects.toThrow(StageInterrupted);
  context.remove();
  expect(existsSync(context.outputs.loud?.path as string)).toBe(false);
});
