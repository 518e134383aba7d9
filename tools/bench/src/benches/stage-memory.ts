import { join } from 'node:path';
import { engineProblem } from '@retort/engine/availability';
import { type Measurement, type Outcome, skipped } from '@retort/lab';
import type { EngineName, InputArtifact } from '@retort/plugin-kit';
import { evaluate } from '@retort/stage-evaluate';
import { finetune } from '@retort/stage-finetune';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { teacherForward } from '@retort/stage-teacher-forward';
import type { BenchContext } from '../bench.ts';
import { lengthsOfEveryWidth, writeTokenRows } from '../inputs/token-rows.ts';
import { type Geometry, geometryFor, nameOf, transformerLayerLoss } from '../paper-geometry.ts';
import { spreadOf } from '../repeat.ts';
import { artifactAt, runStage, type StageOfBench } from '../works/run-stage.ts';

const BATCH_ROWS = 16;
/** Batches of each width: the second one finds its step compiled, or the memory of the first. */
const BATCHES_PER_WIDTH = 2;
const LIMIT_BYTES = 4 * 1024 ** 3;
const OPTIMIZER = { kind: 'adamw', learningRate: 1e-4 };
const STORE = { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', dtype: 'float16' };

interface Sizes {
  readonly engine: EngineName;
  readonly geometry: Geometry;
}

/** Peak resident memory of every stage with a model, each run as the runner runs it, one after the other. */
export async function stageMemory(context: BenchContext): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const sizes of sizesOf(context)) {
    const missing = engineProblem(sizes.engine);
    if (missing) outcomes.push(skipped(`peaks on the engine ${sizes.engine}`, missing.message));
    else outcomes.push(...(await stagesOn(context, sizes)));
  }
  return outcomes;
}

/** The paper's sizes where they take minutes; for the others, what they do in minutes. */
export function sizesOf(context: BenchContext): Sizes[] {
  const paper = geometryFor(context);
  const tiny = shrunk(paper, TINY);
  if (context.quick)
    return ENGINES.map((engine) => ({
      engine,
      geometry: engine === 'onnx' ? paper : { ...tiny, maxSequenceLength: 16 },
    }));
  const small = shrunk(paper, SMALL);
  const others = { tensorflow: small, wasm: small, cpu: tiny };
  return ENGINES.map((engine) => ({ engine, geometry: engine === 'onnx' ? paper : others[engine] }));
}

const ENGINES = ['onnx', 'tensorflow', 'wasm', 'cpu'] as const;
const SMALL = { layers: 4, hiddenSize: 192, heads: 12, intermediateSize: 768, vocabularySize: 10_000 };
const TINY = { layers: 2, hiddenSize: 48, heads: 4, intermediateSize: 96, vocabularySize: 2_000 };

/** A teacher of these sizes, and a student of half its layers and width. */
function shrunk(paper: Geometry, { vocabularySize, ...sizes }: typeof SMALL): Geometry {
  const teacher = { ...paper.teacher, ...sizes };
  const [layers, hiddenSize, intermediateSize] = [sizes.layers / 2, sizes.hiddenSize / 2, sizes.intermediateSize / 2];
  return { ...paper, vocabularySize, teacher, student: { ...teacher, layers, hiddenSize, intermediateSize } };
}

/** Every stage with a model on one engine. */
export async function stagesOn(context: BenchContext, { engine, geometry }: Sizes): Promise<Measurement[]> {
  const tokens = await tokensArtifact(context, { engine, geometry });
  const results: Measurement[] = [];
  const run = async (stage: StageOfBench) => {
    const { kind } = stage.definition;
    const { outputs, peakBytes } = await runStage(context, { ...stage, engine, name: `${kind}-${engine}` });
    results.push(peakOf(kind, { bytes: peakBytes, engine, geometry }));
    return outputs;
  };
  const { model: pretrained } = await run({
    definition: pretrain,
    config: { architecture: geometry.teacher, epochs: 1, batchSize: BATCH_ROWS, optimizer: OPTIMIZER },
    inputs: { tokens, validation: tokens },
  });
  const { model: teacher } = await run({
    definition: finetune,
    config: { epochs: 1, batchSize: BATCH_ROWS, optimizer: OPTIMIZER },
    inputs: { tokens, model: pretrained },
  });
  const { signals } = await run({
    definition: teacherForward,
    config: { store: STORE, studentLayers: geometry.student.layers, batchSize: BATCH_ROWS },
    inputs: { teacher, tokens },
  });
  const { student, initialStudent } = await run({
    definition: studentTrain,
    config: {
      student: geometry.student,
      loss: transformerLayerLoss({ logits: { weight: 1 } }),
      epochs: 1,
      batchSize: BATCH_ROWS,
      optimizer: OPTIMIZER,
    },
    inputs: { tokens, signals: [signals] },
  });
  await run({
    definition: evaluate,
    config: { batchSize: BATCH_ROWS },
    inputs: { tokens, student, initialStudent, teacher, baseline: student, signals },
  });
  return results;
}

/** Rows of every width where each is compiled; full rows alone where operations run one by one and the widest decides. */
async function tokensArtifact({ scratchFolder }: BenchContext, { engine, geometry }: Sizes): Promise<InputArtifact> {
  const { vocabularySize, maxSequenceLength } = geometry;
  const folder = join(scratchFolder, `tokens-${engine}`);
  const lengths =
    engine === 'onnx'
      ? lengthsOfEveryWidth({ maxSequenceLength, batchSize: BATCH_ROWS, batches: BATCHES_PER_WIDTH })
      : Array.from({ length: BATCHES_PER_WIDTH * BATCH_ROWS }, () => maxSequenceLength);
  await writeTokenRows(folder, { lengths, vocabularySize, maxSequenceLength });
  return artifactAt(folder, 'labelledTokens');
}

function peakOf(kind: string, { bytes, engine, geometry }: Sizes & { bytes: number }): Measurement {
  const { teacher, student, maxSequenceLength } = geometry;
  const models = { 'student-train': nameOf(student), evaluate: `${nameOf(teacher)} and ${nameOf(student)}` };
  const of = models[kind as keyof typeof models] ?? nameOf(teacher);
  const widths = engine === 'onnx' ? 'every width up to the longest' : 'full rows';
  return {
    name: `peak of ${kind} on ${engine}, ${of} at ${BATCH_ROWS} x ${maxSequenceLength}`,
    unit: 'bytes',
    ...spreadOf([bytes]),
    ...(engine === 'onnx' ? { limit: LIMIT_BYTES } : {}),
    notes: `resident, of the whole process; ${widths}`,
  };
}
