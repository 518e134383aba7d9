import { cpus, totalmem } from 'node:os';
import type { ByInput } from '@retort/foundation/inputs';
import type {
  CodeLookup,
  InputSource,
  KeyDocument,
  ModuleDigests,
  PipelineGraph,
  PlannedStage,
  PlanSelection,
  StageRunSettings,
} from '@retort/pipeline-graph';
import type { EngineName } from '@retort/plugin-kit';
import type { StageSummary } from './events.ts';
import { programsOf } from './frozen-code.ts';
import type { MatrixSummary } from './matrix-summary.ts';

/** Everything about one run that a person, or a later comparison, may want. Paths, times and machine are never in a key. */
export interface RunManifest {
  readonly schemaVersion: 1;
  readonly run: string;
  /** A run that was killed wrote `running` last; whoever reads it tells by the runner's presence. */
  readonly status: 'running' | 'done' | 'failed' | 'interrupted' | 'killed';
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly seconds?: number;
  readonly pipeline: ManifestPipeline;
  readonly selection: PlanSelection;
  readonly engine: EngineName;
  readonly jobs: number;
  readonly cores: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly hardware: Hardware;
  /** Digest of each stage's code -> what it was made of, so that a later run can say which file changed. Missing where nobody knew. */
  readonly code?: Readonly<Record<string, ModuleDigests>>;
  readonly stages: readonly ManifestStage[];
  /** Of a pipeline with a matrix, once the run has ended. */
  readonly matrix?: MatrixSummary;
}

/** The pipeline with parameters, variant and overrides resolved. */
export interface ManifestPipeline {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  readonly variant?: string;
  readonly params?: PipelineGraph['params'];
  readonly results?: PipelineGraph['results'];
  readonly stages: readonly ManifestPipelineStage[];
}

/** Everything that decides a stage, and where its inputs came from: with the user's own files, enough to run it again. */
export interface ManifestPipelineStage {
  readonly id: string;
  /** Ids of the cells that it is part of, where the run had others too. */
  readonly cells?: readonly string[];
  readonly uses: string;
  readonly version: number;
  readonly module: string;
  readonly with: unknown;
  readonly seed: number;
  readonly run: StageRunSettings;
  readonly inputs: ByInput<InputSource>;
}

export interface Hardware {
  readonly processor: string;
  readonly logicalCores: number;
  readonly memoryBytes: number;
  readonly platform: string;
}

/** How a stage did, with what decided it. `pending` until it is settled. */
export interface ManifestStage extends Omit<StageSummary, 'status'> {
  readonly status: StageSummary['status'] | 'pending';
  readonly uses: string;
  readonly reason: string;
  readonly keyDocument?: KeyDocument;
  readonly startedAt?: string;
  readonly peakMemoryBytes?: number;
  readonly threads?: number;
  readonly attempts?: number;
  readonly log?: string;
}

export function describePipeline(graph: PipelineGraph): ManifestPipeline {
  const { name, description, file, variant, params, results, stages } = graph;
  return {
    name,
    description,
    file,
    ...(variant !== undefined && { variant }),
    params,
    results,
    stages: stages.map(({ id, cells, definition, config, seed, run, inputs }) => {
      const { kind, version, module } = definition;
      return {
        id,
        ...(cells !== undefined && { cells }),
        uses: kind,
        version,
        module,
        with: config,
        seed,
        run,
        inputs,
      };
    }),
  };
}

/** What the code of every stage was made of, as far as it is known. */
export async function describeCode(
  code: CodeLookup,
  { stages }: PipelineGraph,
): Promise<Record<string, ModuleDigests>> {
  const listed = await Promise.all(
    programsOf(stages).map(async (program) => {
      const { digest } = await code.closureOf(program);
      return [digest, await code.modulesOf?.(digest)] as const;
    }),
  );
  return Object.fromEntries(listed.flatMap(([digest, found]) => (found === undefined ? [] : [[digest, found]])));
}

export function describeHardware(): Hardware {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    logicalCores: processors.length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Node's version, and those of all outside packages that the stages' code needs. */
export function describeVersions(keyDocuments: readonly (KeyDocument | undefined)[]): Record<string, string> {
  const packages = keyDocuments.map((document) => document?.code.packages ?? {});
  return { node: process.version, ...Object.assign({}, ...packages) };
}

export function pendingStage({ id, uses, reason, key, keyDocument }: PlannedStage): ManifestStage {
  const known = { ...(key !== undefined && { key }), ...(keyDocument !== undefined && { keyDocument }) };
  return { id, uses, reason, ...known, status: 'pending', seconds: 0, outputs: {} };
}

export function summarize(entry: ManifestStage): StageSummary {
  const { id, key, status, seconds, outputs, metrics, warnings, error } = entry;
  return {
    id,
    ...(key !== undefined && { key }),
    status: status === 'pending' ? 'skipped' : status,
    seconds,
    outputs,
    ...(metrics !== undefined && { metrics }),
    ...(warnings !== undefined && { warnings }),
    ...(error !== undefined && { error }),
  };
}
