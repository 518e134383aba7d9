import { type LayerMappingChoice, layerMappingProblems, resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { describe, expect, it } from 'vitest';

function mapping(choice: LayerMappingChoice, studentLayers: number, teacherLayers: number): readonly number[] {
  return resolveLayerMapping({ choice, studentLayers, teacherLayers });
}

describe('resolveLayerMapping', () => {
  it('maps 4 of 12 uniformly as the reference code does', () => {
    const layers = mapping({ kind: 'uniform' }, 4, 12);
    expect(layers).toEqual([0, 3, 6, 9, 12]);
    // The reference code counts attention from 0: student i learns from teacher i * 3 + 2.
    expect(layers.slice(1).map((layer) => layer - 1)).toEqual([2, 5, 8, 11]);
  });

  it('maps to the top and to the bottom', () => {
    expect(mapping({ kind: 'top' }, 4, 12)).toEqual([0, 9, 10, 11, 12]);
    expect(mapping({ kind: 'bottom' }, 4, 12)).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes a list of one teacher layer for each student layer', () => {
    expect(mapping({ kind: 'list', layers: [4, 12, 12] }, 3, 12)).toEqual([0, 4, 12, 12]);
  });

  it('throws the first problem', () => {
    expect(() => mapping({ kind: 'uniform' }, 5, 12)).toThrow(
      expect.objectContaining({ code: 'LAYER_MAPPING_NOT_UNIFORM' }),
    );
  });
});

describe('layerMappingProblems', () => {
  it('finds nothing wrong with a good mapping', () => {
    expect(layerMappingProblems({ choice: { kind: 'top' }, studentLayers: 5, teacherLayers: 12 })).toEqual([]);
  });

  it('collects everything that is wrong with a list', () => {
    const choice = { kind: 'list', layers: [1, 13, 0] } as const;
    expect(layerMappingProblems({ choice, studentLayers: 4, teacherLayers: 12 })).toMatchInlineSnapshot(`
      [
        {
          "code": "LAYER_MAPPING_LENGTH",
          "message": "The layer mapping lists 3 teacher layers, but the student has 4 layers. List one teacher layer for each student layer from 1. The embedding output is always mapped to the embedding output.",
          "path": [
            "layers",
          ],
        },
        {
          "code": "LAYER_MAPPING_OUT_OF_RANGE",
          "message": "Student layer 2 is mapped to teacher layer 13, but the teacher has the Transformer layers 1 to 12 (0 is the embedding output).",
          "path": [
            "layers",
            1,
          ],
        },
        {
          "code": "LAYER_MAPPING_OUT_OF_RANGE",
          "message": "Student layer 3 is mapped to teacher layer 0, but the teacher has the Transformer layers 1 to 12 (0 is the embedding output).",
          "path": [
            "layers",
            2,
          ],
        },
      ]
    `);
  });

  it.each(['uniform', 'top', 'bottom'] as const)('refuses a student deeper than its teacher: %s', (kind) => {
    const problems = layerMappingProblems({ choice: { kind }, studentLayers: 6, teacherLayers: 4 });
    expect(problems.map(({ code }) => code)).toEqual(['LAYER_MAPPING_TOO_DEEP']);
  });
});
