import { join } from 'node:path';
import { formatBytes } from '@retort/diagnostics';
import { evaluate } from '@retort/stage-evaluate';
import { finetune } from '@retort/stage-finetune';
import type { Facts, InputArtifact } from '@retort/stage-kit';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { teacherForward } from '@retort/stage-teacher-forward';
import type { BenchContext, Measurement } from '../bench.ts';
import { lengthsOfEveryWidth, writeTokenRows } from '../inputs/token-rows.ts';
import { type Geometry, geometryFor, nameOf, transformerLayerLoss } from '../paper-geometry.ts';
import { artifactAt, runStage, type StageOfBench } from '../works/run-stage.ts';

const BATCH_ROWS = 16;
/** Batches of each width: the second one finds its step compiled. */
const BATCHES_PER_WIDTH = 2;
const LIMIT_BYTES = 4 * 1024 ** 3;
const OPTIMIZER = { kind: 'adamw', learningRate: 1e-4 };

/** Peak resident memory of every stage with a model, each run as the runner runs it, one after the other. */
export async function stageMemory(context: BenchContext): Promise<Measurement[]> {
  const geometry = geometryFor(context);
  const tokens = await tokensArtifact(context, geometry);
  const results: Measurement[] = [];
  const run = async (stage: StageOfBench) => {
    const { definition, inputs } = stage;
    const { outputs, config, peakBytes } = await runStage(context, stage);
    const estimate = definition.estimate?.({ config, engine: 'onnx', inputs: factsOf(Object.keys(inputs), context) });
    results.push(peakOf(definition.kind, peakBytes, estimate?.peakMemoryBytes, context));
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
    inputs: { tokens, signals },
  });
  await run({
    definition: evaluate,
    config: { batchSize: BATCH_ROWS },
    inputs: { tokens, student, initialStudent, teacher, baseline: student, signals },
  });
  return results;
}

const STORE = { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', dtype: 'float16' };

async function tokensArtifact({ scratchFolder }: BenchContext, geometry: Geometry): Promise<InputArtifact> {
  const { vocabularySize, maxSequenceLength } = geometry;
  const folder = join(scratchFolder, 'tokens');
  const lengths = lengthsOfEveryWidth({ maxSequenceLength, batchSize: BATCH_ROWS, batches: BATCHES_PER_WIDTH });
  await writeTokenRows({ folder, lengths, vocabularySize, maxSequenceLength, seed: 1 });
  return artifactAt(folder, 'labelledTokens');
}

/** What planning would know of the inputs. */
function factsOf(roles: readonly string[], context: BenchContext): Record<string, Facts> {
  const { teacher, student, vocabularySize, maxSequenceLength } = geometryFor(context);
  const known: Record<string, Facts> = {
    tokens: { vocabularySize, maxSequenceLength },
    signals: { signals: { logits: true, hiddenStates: [], attentionScores: [], teacher } },
    model: { architecture: teacher, vocabularySize },
    teacher: { architecture: teacher, vocabularySize },
  };
  const ofStudent: Facts = { architecture: student, vocabularySize };
  return Object.fromEntries(roles.map((role) => [role, known[role] ?? ofStudent]));
}

function peakOf(kind: string, bytes: number, estimate: number | undefined, context: BenchContext): Measurement {
  const { teacher, student, maxSequenceLength } = geometryFor(context);
  const geometry = kind === 'student-train' ? student : teacher;
  const models = kind === 'evaluate' ? `${nameOf(teacher)} and ${nameOf(student)}` : nameOf(geometry);
  return {
    name: `peak of ${kind}, ${models} at ${BATCH_ROWS} x ${maxSequenceLength}`,
    unit: 'bytes',
    value: bytes,
    lowest: bytes,
    highest: bytes,
    repetitions: 1,
    limit: LIMIT_BYTES,
    notes: `resident, of the whole process; every width up to the longest${comparison(estimate, bytes)}`,
  };
}

/** What `plan` says beside what came out. */
function comparison(estimate: number | undefined, bytes: number): string {
  if (estimate === undefined) return '';
  const percent = Math.round((estimate / bytes - 1) * 100);
  return `; the plan says ${formatBytes(estimate)} (${percent >= 0 ? '+' : ''}${percent} %)`;
}
