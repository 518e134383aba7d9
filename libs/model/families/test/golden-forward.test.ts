import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Parameter } from '@retort/engine';
import { ENGINES_HERE } from '@retort/engine/testing';
import {
  type BertConfig,
  bert,
  classify,
  encodeLayers,
  parameterName,
  parameterSpecs,
  readSafetensors,
} from '@retort/families';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../../../../shared/data/golden/bert-tiny-sst2');
const present = existsSync(folder);

describe.skipIf(!present)(
  `the real BERT-tiny${present ? '' : ' (skipped: ../shared/data/golden/bert-tiny-sst2 is not there)'}`,
  () => {
    it.each(ENGINES_HERE)('gives the published values at every stage, on %s', async (name) => {
      const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
      const expected = golden.our_numpy_float64_exact_layernorm;
      const config: BertConfig = {
        layers: 2,
        hiddenSize: 128,
        heads: 2,
        intermediateSize: 512,
        vocabularySize: 1,
        maxPositions: 1,
        segmentTypes: 2,
        layerNormEpsilon: 1e-12,
        task: { kind: 'classes', labels: ['0', '1'] },
      };
      const tensors = await readSafetensors(join(folder, 'encoder.safetensors'));
      const parameters: Parameter[] = parameterSpecs(config, ['classifier']).flatMap(({ name }) => {
        const tensor = tensors.get(parameterName(bert, name));
        return tensor ? [{ name, ...tensor }] : [];
      });
      expect(parameters).toHaveLength(tensors.size);
      const pass = (await createEngine(name)).forward((parameters, { embeddings, keyMask }) => {
        const { hiddenStates } = encodeLayers({ config, parameters }, embeddings as never, keyMask as never);
        return {
          first: hiddenStates[1] as never,
          second: hiddenStates[2] as never,
          logits: classify({ config, parameters }, hiddenStates[2] as never),
        };
      }, parameters);
      const { first, second, logits } = await pass.run({
        embeddings: { data: Float32Array.from(golden.input_embeddings.flat()), shape: [1, 21, 128] },
        keyMask: { data: new Int32Array(21).fill(1), shape: [1, 21] },
      });
      const close = (got: ArrayLike<number> | undefined, wanted: number[]) =>
        expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got?.[i] as number))))).toBeLessThan(1e-5);
      close(first?.data, expected['layer0.output']);
      close(second?.data, expected['layer1.output']);
      close(logits?.data, expected.logits);
      expect(logits?.data[0]).toBeCloseTo(-2.46224709, 5);
      expect(logits?.data[1]).toBeCloseTo(2.3702271, 5);
    });
  },
);
