import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCode } from '@retort/code-closure';
import type { Measurement } from '@retort/lab';
import { buildGraph, openFileDigests, type PlanContext, planPipeline, planStage } from '@retort/pipeline-graph';
import { loadPipeline } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';
import { corpus } from '@retort/stage-corpus';
import { evaluate } from '@retort/stage-evaluate';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { teacherForward } from '@retort/stage-teacher-forward';
import { tokenize } from '@retort/stage-tokenize';
import { trainTokenizer } from '@retort/stage-train-tokenizer';
import { ArtifactStore } from '@retort/store';
import type { BenchContext } from '../bench.ts';
import { manyStages } from '../inputs/many-stages.ts';
import { repeat, spreadOf } from '../repeat.ts';

const LIMIT_MILLISECONDS = 1000;
const REGISTRY: ReadonlyMap<string, StageDefinition> = new Map(
  [corpus, trainTokenizer, tokenize, pretrain, teacherForward, studentTrain, evaluate].map((stage) => [
    stage.kind,
    stage,
  ]),
);

/** From the file to the plan: read and check the pipeline, connect its stages, ask the store about each. */
export async function planner(context: BenchContext): Promise<Measurement[]> {
  const count = context.quick ? 50 : 1000;
  const file = join(context.scratchFolder, 'many-stages.pipeline.json');
  await mkdir(context.scratchFolder, { recursive: true });
  await writeFile(file, JSON.stringify(manyStages(count), undefined, 2));
  const planning = await planningContext(context);
  const plan = async () => planPipeline(await graphOf(file), planning);
  const measure = async (name: string, notes: string): Promise<Measurement> => {
    const times = await repeat({ repetitions: context.quick ? 3 : 10 }, async () => void (await plan()));
    return { name: `${count} stages, ${name}`, unit: 'ms', ...spreadOf(times), limit: LIMIT_MILLISECONDS, notes };
  };
  const parts = 'load, graph and plan';
  const empty = await measure('nothing cached', parts);
  await fillStore(file, planning);
  const cached = (await plan()).stages.filter(({ status }) => status === 'cached').length;
  return [empty, await measure('all cached', `${parts}; ${cached} cached, each with a record and an artifact on disk`)];
}

interface Planning extends PlanContext {
  readonly records: ArtifactStore;
}

async function planningContext({ workspace, scratchFolder }: BenchContext): Promise<Planning> {
  return {
    pipeline: 'bench',
    records: new ArtifactStore(join(scratchFolder, 'store')),
    code: openCode({ installation: workspace }),
    engine: 'onnx',
  };
}

async function graphOf(file: string) {
  const pipeline = await loadPipeline({ file, registry: REGISTRY });
  return buildGraph(pipeline, { engine: 'onnx', digests: await openFileDigests() });
}

/** Gives every stage of the pipeline a record and small artifacts, as a run would leave them. */
async function fillStore(file: string, planning: Planning): Promise<void> {
  const known = new Map<string, Record<string, string>>();
  const attempt = await planning.records.createAttempt();
  for (const stage of (await graphOf(file)).stages) {
    const { key, keyDocument, uses } = await planStage(stage, known, planning);
    const outputs = await publish(planning.records, {
      folder: join(attempt.path, stage.id),
      ports: Object.keys(stage.outputs),
      content: key as string,
    });
    await planning.records.writeRecord({
      key: key as string,
      keyDocument,
      uses,
      outputs,
      metrics: {},
      warnings: [],
      provenance: {},
    });
    known.set(stage.id, Object.fromEntries(Object.entries(outputs).map(([port, { digest }]) => [port, digest])));
  }
  await attempt.remove();
}

async function publish(
  store: ArtifactStore,
  { folder, ports, content }: { folder: string; ports: readonly string[]; content: string },
): Promise<Record<string, { digest: string; bytes: number }>> {
  const outputs: Record<string, { digest: string; bytes: number }> = {};
  for (const port of ports) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'content'), `${port} ${content}`);
    outputs[port] = await store.publishArtifact(folder);
  }
  return outputs;
}
