import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openCode } from '@retort/code-closure';
import { digestTree } from '@retort/foundation/digest';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import { withDefaults } from '@retort/pipeline-schema';
import type { ByInput, EngineName, InputArtifact, StageDefinition } from '@retort/plugin-kit';
import type { BenchContext } from '../bench.ts';

export interface StageOfBench {
  readonly definition: StageDefinition;
  /** Defaults are filled in. */
  readonly config: object;
  readonly inputs: ByInput<InputArtifact | undefined>;
  /** `onnx` when left out. */
  readonly engine?: EngineName;
  /** Name of its folder; the stage's kind when left out. */
  readonly name?: string;
}

export interface StageEnd {
  readonly outputs: Readonly<Record<string, InputArtifact>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** Settings with their defaults. */
  readonly config: unknown;
  /** From starting its process to its end. */
  readonly seconds: number;
  /** Resident, of the whole process. */
  readonly peakBytes: number;
}

/** Runs one stage to its end as the runner does, in a process of its own. */
export async function runStage(
  { workspace, scratchFolder: root, threads }: BenchContext,
  { definition, config: given, inputs, engine = 'onnx', name = definition.kind }: StageOfBench,
): Promise<StageEnd> {
  const { kind, module } = definition;
  const scratchFolder = join(root, name);
  const config = withDefaults(definition.configSchema, given);
  const ports = Object.entries(definition.outputs({ config, connected: Object.keys(inputs) }));
  const outputs = Object.fromEntries(
    ports.map(([port, { type }]) => [port, { type, path: join(scratchFolder, port) }] as const),
  );
  for (const { path } of Object.values(outputs)) await mkdir(path, { recursive: true });
  const codePath = (await openCode({ installation: workspace }).closureOf(module)).path;
  const task = {
    stage: kind,
    config,
    seed: 1,
    engine,
    threads,
    inputs: inputs as ByInput<InputArtifact>,
    outputs,
  };
  const logPath = join(scratchFolder, 'log.txt');
  const start = performance.now();
  const end = await createLocalExecutor().start({ task, codePath, scratchFolder, logPath, onEvent: () => {} }).done;
  const seconds = (performance.now() - start) / 1000;
  if (end.status !== 'finished') throw new Error(end.status === 'failed' ? end.message : `${kind} was interrupted`);
  const artifacts = Object.entries(outputs).map(
    async ([port, { type, path }]) => [port, await artifactAt(path, type)] as const,
  );
  return {
    outputs: Object.fromEntries(await Promise.all(artifacts)),
    metrics: end.result.metrics ?? {},
    config,
    seconds,
    peakBytes: end.peakMemoryBytes,
  };
}

export async function artifactAt(path: string, type: InputArtifact['type']): Promise<InputArtifact> {
  return { type, path, digest: (await digestTree(path)).digest, label: path };
}
