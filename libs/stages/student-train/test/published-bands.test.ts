import { describe, expect, it } from 'vitest';
import { publishedBands } from '../src/published-bands.ts';
import { resolvedConfig } from './support/resolved-config.ts';

const student = { layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200, maxPositions: 512 };
const teacher = { layers: 12, hiddenSize: 768 };
const officialWith = (loss: object) => resolvedConfig({ preset: 'official', phase: 'general', loss }).loss;
const general = officialWith({});

describe('published ranges', () => {
  it('are those of general distillation of BERT-base to 4 x 312: its authors’ run is inside, one gone wrong outside', () => {
    const { attention } = publishedBands({ block: general, student, teacher });
    const [, twoThirds, end] = attention ?? [];
    expect(twoThirds?.high).toBeGreaterThan(7.7);
    expect(twoThirds?.low).toBeLessThan(7.7);
    expect(end?.high).toBeLessThan(13.7);
  });

  it.each([
    ['another student', { student: { ...student, layers: 6 } }],
    ['a student that goes on learning', { student: undefined }],
    ['another teacher', { teacher: { layers: 24, hiddenSize: 1024 } }],
    ['padding left out', { block: resolvedConfig({ preset: 'masked', phase: 'general' }).loss }],
    ['another formula', { block: officialWith({ hidden: { kind: 'cosine' } }) }],
    ['pairs of layers', { block: officialWith({ hidden: { layerPairs: [{ student: 1, teacher: 1 }] } }) }],
    ['another phase', { block: resolvedConfig({ preset: 'official', phase: 'prediction' }).loss }],
    ['another mapping', { block: { ...general, layerMapping: { kind: 'top' as const } } }],
  ])('are unknown for %s', (_, change) => {
    expect(publishedBands({ block: general, student, teacher, ...change })).toEqual({});
  });
});
