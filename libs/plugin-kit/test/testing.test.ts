import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineStage, StageInterrupted, type StageRun } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { expect, test } from 'vitest';

const definition = defineStage<{ mark: string }>()({
  kind: 'shout',
  version: 1,
  description: 'Shouts.',
  configSchema: {},
  inputs: { text: { types: ['text'], description: 'Words', optional: true } },
  outputs: () => ({ loud: { type: 'text', description: 'Loud words' } }),
  usesEngine: false,
  usesSeed: false,
  module: 'shout/run',
});

const shout: StageRun<typeof definition> = async (context) => {
  const input = context.inputs.text;
  context.throwIfInterrupted();
  if (input === undefined) context.warn('nothing to shout');
  const words = input ? readFileSync(join(input.path, 'words.txt'), 'utf8') : '';
  writeFileSync(join(context.outputs.loud.path, 'words.txt'), words.toUpperCase() + context.config.mark);
  context.progress({ done: 1, unit: 'files' });
  context.log('shouted');
  return {};
};

test('the output of one context is an input of the next', async () => {
  const first = await createTestContext({ config: { mark: 'a' }, outputs: { loud: 'text' } });
  await shout(first);
  const second = await createTestContext({
    config: { mark: '!' },
    inputs: { text: first.outputs.loud },
    outputs: { loud: 'text' },
  });
  await shout(second);
  expect(readFileSync(join(second.outputs.loud.path, 'words.txt'), 'utf8')).toBe('A!');
  expect(second.inputs.text.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(first.warnings).toEqual(['nothing to shout']);
  expect(second).toMatchObject({ warnings: [], logs: ['shouted'], progresses: [{ done: 1, unit: 'files' }] });
});

test('interrupt makes throwIfInterrupted throw, and remove takes the folders away', async () => {
  const context = await createTestContext({ config: { mark: '' }, outputs: { loud: 'text' } });
  context.interrupt();
  await expect(shout(context)).rejects.toThrow(StageInterrupted);
  context.remove();
  expect(existsSync(context.outputs.loud.path)).toBe(false);
});
