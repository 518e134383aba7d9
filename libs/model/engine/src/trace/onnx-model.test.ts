import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { constantOf, type OnnxGraph, splitOnnxModel, writeOnnxModel } from './onnx-model.ts';

const graph: OnnxGraph = {
  nodes: [
    {
      type: 'Add',
      domain: '',
      inputs: ['a', '', 'c'],
      outputs: ['x'],
      attributes: {
        axis: -1,
        k: 300,
        zero: 0,
        large: Number.MAX_SAFE_INTEGER,
        mode: 'linear',
        f: { float: 1.5e-3 },
        l: [1, -2, 3_000_000_000],
        e: [],
      },
    },
    { type: 'Gelu', domain: 'com.microsoft', inputs: ['x', 'weights'], outputs: ['é'], attributes: {} },
  ],
  constants: new Map([
    ['c', constantOf('float32', [2, 3], [1, 2, 3, 4, 5, 6])],
    [
      'weights',
      constantOf(
        'float32',
        [2000],
        Array.from({ length: 2000 }, (_, i) => i),
      ),
    ],
    ['unread', constantOf('int64', [], [3])],
    ['scalar', constantOf('int64', [], [3])],
  ]),
  inputs: [
    { name: 'a', type: 'float32', shape: ['batch', 3, 0] },
    { name: 'b', type: 'int32', shape: [] },
  ],
  outputs: [
    { name: 'é', type: 'float16', shape: [128, 'n'] },
    { name: 'scalar', type: 'int64', shape: [] },
  ],
};

/** Written by protobufjs 6 from onnx.proto, as models were serialized before: their bytes are in digests. */
test('a model has the bytes that protobufjs gives it', () => {
  expect(digest(writeOnnxModel(graph))).toBe('e16ef5780a3d3492cf6aea8c6ba895c69e848d63ffe3cf0d95305e7dfd63c6b0');
});

test('and so has one whose large constants lie beside it', () => {
  const { model, externalData } = splitOnnxModel(graph);
  expect(digest(model)).toBe('beff9aea297dcbc3d99cb0e3efd565564ecdaaa82fa83add8ea1feed05a30184');
  expect(externalData.map(({ path, data }) => [path, data.length])).toEqual([['weights', 8000]]);
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
