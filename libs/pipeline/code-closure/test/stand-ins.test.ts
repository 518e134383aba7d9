import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleEntry } from '@retort/code-closure';
import { expect, test } from 'vitest';
import { createWorkspace } from './workspace.ts';

const SOURCE = `
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import arrow from 'apache-arrow';
export class Own extends tf.KernelBackend {}
export const add = (a, b) => tf.add(a, b);
export const late = async () => (await import('onnxruntime-node')).InferenceSession.create('x');
export const made = () => new arrow.Table();
export const opened = () => InferenceSession.create('x');
`;

test('for planning, libraries that compute can be imported and are refused when they are called', async () => {
  const { path: workspace } = await createWorkspace();
  const entryFile = join(workspace, 'definition.mjs');
  writeFileSync(entryFile, SOURCE);
  const { path, packages } = await bundleEntry({ installation: workspace, entryFile, forPlanning: true });
  expect(packages).toEqual([]);
  const module = await import(pathToFileURL(path).href);
  expect(() => module.add(1, 2)).toThrow(
    '@tensorflow/tfjs-core.add was called while planning, which loads no library that computes. Call it inside a function that only a running stage calls.',
  );
  expect(() => module.made()).toThrow('apache-arrow.Table was called');
  expect(() => module.opened()).toThrow('onnxruntime-node.InferenceSession.create was called');
  await expect(module.late()).rejects.toThrow('onnxruntime-node.InferenceSession.create was called');
});
