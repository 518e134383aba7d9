import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph } from '@retort/pipeline-graph';
import { loadPipeline } from '@retort/pipeline-schema';
import { afterAll, expect, test } from 'vitest';
import { registry } from '../src/registry.ts';
import { colorsFor } from '../src/render/colors.ts';
import { curvesText } from '../src/render/curves-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'retort-curves-'));
afterAll(() => rmSync(folder, { recursive: true }));

const architecture = { layers: 2, hiddenSize: 8, heads: 2, intermediateSize: 16 };

async function curves(loss: object, training: object = {}): Promise<string> {
  const pipeline = {
    name: 'distil',
    stages: {
      corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 100 } } },
      vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' } },
      tokenize: {
        uses: 'tokenize',
        inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
        with: { maxSequenceLength: 32 },
      },
      teacher: {
        uses: 'pretrain',
        inputs: { tokens: 'tokenize.train', validation: 'tokenize.validation' },
        with: { architecture, optimizer: { learningRate: 0.001 } },
      },
      student: {
        uses: 'student-train',
        inputs: { tokens: 'tokenize.train', teacher: 'teacher.model' },
        with: {
          student: architecture,
          loss,
          optimizer: { learningRate: 0.001 },
          batchSize: 10,
          epochs: 2,
          ...training,
        },
      },
    },
  };
  writeFileSync(join(folder, 'distil.pipeline.json'), JSON.stringify(pipeline));
  const loaded = await loadPipeline({ file: 'distil.pipeline.json', registry, cwd: folder });
  const graph = await buildGraph(loaded, { engine: 'onnx' });
  return curvesText({ graph, engine: 'onnx' }, colorsFor({ isTTY: false }, {})).join('\n\n');
}

test('nothing is drawn where nothing changes', async () => {
  expect(await curves({ hidden: { weight: 1 }, attention: { weight: { kind: 'constant', value: 2 } } })).toBe('');
});

test('a weight and a temperature that change are drawn over the steps of training', async () => {
  const loss = {
    hidden: { weight: { kind: 'cosine', from: 1, to: 0 } },
    embedding: { weight: { kind: 'step', from: 0, changes: [{ at: 0.5, to: 2 }] } },
  };
  expect(await curves(loss)).toMatchInlineSnapshot(`
    "student  loss.hidden.weight over about 240 steps
         1.00 ┼───────────╮                                      
        0.750 ┤           ╰────────╮                             
        0.500 ┤                    ╰───────╮                     
        0.250 ┤                            ╰────────╮            
         0.00 ┤                                     ╰─────────── 

    student  loss.embedding.weight over about 240 steps
         2.00 ┼                        ╭──────────────────────── 
         1.50 ┤                        │                         
         1.00 ┤                        │                         
        0.500 ┤                        │                         
         0.00 ┼────────────────────────╯                         "
  `);
});

test('a schedule that counts steps is drawn to its scale', async () => {
  const loss = { hidden: { weight: { kind: 'linear', from: 0, to: 1, unit: 'steps', begin: 0, end: 60 } } };
  expect(await curves(loss)).toMatchInlineSnapshot(`
    "student  loss.hidden.weight over about 240 steps
         1.00 ┼          ╭────────────────────────────────────── 
        0.750 ┤       ╭──╯                                       
        0.500 ┤    ╭──╯                                          
        0.250 ┤ ╭──╯                                             
         0.00 ┼─╯                                                "
  `);
});
