import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineName } from '@retort/engine/names';
import { digestJson, digestTree } from '@retort/foundation/digest';
import { type ByInput, byInput, inputEntries, inputLabel } from '@retort/foundation/inputs';
import { createTestWork, type TestWork } from '@retort/foundation/work/testing';
import type { InputArtifact, OutputArtifact, StageContext } from './context.ts';
import type { PortType } from './port-type.ts';
import { checkpointsOf } from './task-checkpoints.ts';

export interface TestInput extends Omit<InputArtifact, 'digest' | 'label'> {
  /** By default the digest of what is at the path. */
  readonly digest?: string;
  /** `test.<input>` by default. */
  readonly label?: string;
}

type TestInputs = ByInput<TestInput>;
type TestOutputs = Readonly<Record<string, PortType>>;

export interface TestContextOptions<Config, Inputs = TestInputs, Outputs = TestOutputs> {
  readonly config: Config;
  /** By name, a list for an input that takes one; the output of an earlier test context fits: `{ type, path }`. */
  readonly inputs?: Inputs;
  /** port -> type. Each gets an empty temporary folder. */
  readonly outputs?: Outputs;
  /** 42 by default. */
  readonly seed?: number;
  /** `onnx` by default. */
  readonly engine?: EngineName;
  /** 1 by default. */
  readonly threads?: number;
  /** An existing folder for checkpoints. Without it nothing is saved. A second context with it and the same options resumes. */
  readonly checkpointFolder?: string;
  readonly checkpointEverySeconds?: number;
  readonly checkpointEverySteps?: number;
}

/** An artifact for each name. Names that are known only when the test runs fit every stage. */
// biome-ignore lint/suspicious/noExplicitAny: `any` alone fits every stage's ports
type Artifacts<Named, Artifact> = string extends keyof Named
  ? any
  : { readonly [Name in keyof Named]: Named[Name] extends readonly unknown[] ? readonly Artifact[] : Artifact };

/** A stage's context that records what the stage reports. */
export interface TestContext<Config, Inputs = TestInputs, Outputs = TestOutputs>
  extends Omit<StageContext, 'config' | 'inputs' | 'outputs'>,
    TestWork {
  readonly config: Config;
  readonly inputs: Artifacts<Inputs, InputArtifact>;
  readonly outputs: Artifacts<Outputs, OutputArtifact>;
  /** Deletes the output folders. Otherwise they are deleted when the process ends. */
  readonly remove: () => void;
}

/**
 * A context for calling a stage's `run` in a test: real folders, no runner, no store, no process.
 *
 * `await run(context)`, then read `context.outputs.text.path`.
 */
export async function createTestContext<
  Config,
  Inputs extends TestInputs = TestInputs,
  Outputs extends TestOutputs = TestOutputs,
>(options: TestContextOptions<Config, Inputs, Outputs>): Promise<TestContext<Config, Inputs, Outputs>> {
  const root = temporaryFolder();
  const { config, seed = 42, engine = 'onnx', threads = 1, outputs: ports, inputs: given, ...checkpointing } = options;
  const [inputs, outputs] = [await resolveInputs(given ?? {}), createOutputs(root, ports ?? {})];
  const task = { stage: 'test', config, seed, engine, threads, inputs, outputs, ...checkpointing };
  return {
    ...createTestWork((work) => checkpointsOf(task, work)),
    config,
    seed,
    engine,
    threads,
    inputs: inputs as TestContext<Config, Inputs, Outputs>['inputs'],
    outputs: outputs as TestContext<Config, Inputs, Outputs>['outputs'],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function temporaryFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'retort-stage-'));
  leftovers.push(root);
  return root;
}

const leftovers: string[] = [];
process.once('exit', () => {
  for (const root of leftovers) rmSync(root, { recursive: true, force: true });
});

function createOutputs(root: string, types: TestOutputs): Record<string, OutputArtifact> {
  const outputs = Object.entries(types).map(([port, type]) => {
    const path = join(root, port);
    mkdirSync(path);
    return [port, { type, path }] as const;
  });
  return Object.fromEntries(outputs);
}

async function resolveInputs(inputs: TestInputs): Promise<ByInput<InputArtifact>> {
  const resolved: [string, InputArtifact][] = [];
  for (const [name, input, at] of inputEntries(inputs)) {
    const { digest = await digestInput(input), label = `test.${inputLabel(name, at)}` } = input;
    resolved.push([name, { ...input, digest, label }]);
  }
  return byInput(resolved, (name) => Array.isArray(inputs[name]));
}

async function digestInput({ path, files }: TestInput): Promise<string> {
  if (files === undefined) return (await digestTree(path)).digest;
  return digestJson(await Promise.all(files.map(async (file) => (await digestTree(file)).digest)));
}
