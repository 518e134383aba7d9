import { expect, it } from 'vitest';
import { peakBytes } from './peak-bytes.ts';

const node = (output: string, ...inputs: string[]) => ({ type: 'Add', inputs, output });
const tenEach = (name: string) => (name.startsWith('given') ? 0 : 10);

it('lets a value go after its last use', () => {
  expect(peakBytes([node('a', 'given'), node('b', 'a'), node('c', 'b'), node('d', 'c')], tenEach)).toBe(20);
});

it('holds a value until its last use', () => {
  expect(peakBytes([node('a', 'given'), node('b', 'a'), node('c', 'b'), node('d', 'c', 'a')], tenEach)).toBe(30);
});

it('counts a view and what it views once, for as long as either is used', () => {
  const nodes = [
    node('a', 'given'),
    { type: 'Reshape', inputs: ['a', 'given.shape'], output: 'view' },
    node('b', 'view'),
  ];
  expect(peakBytes(nodes, tenEach)).toBe(20);
  expect(peakBytes([...nodes, node('c', 'b'), node('d', 'c', 'view')], tenEach)).toBe(30);
});

it('counts nothing that is given, nor views of it', () => {
  expect(peakBytes([{ type: 'Reshape', inputs: ['given', 'given.shape'], output: 'view' }], tenEach)).toBe(0);
});
