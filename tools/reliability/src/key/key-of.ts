import { digestBytes } from '@retort/foundation/digest';
import { type InputSource, type PlanContext, planStage, type ResolvedStage } from '@retort/pipeline-graph';
import { withDefaults } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';

/** What a key is asked for. Everything that is left out is the same in all of them. */
export interface Question {
  readonly definition: StageDefinition;
  /** `with`, as a file gives it. */
  readonly settings: unknown;
  readonly seed?: number;
  readonly engine?: PlanContext['engine'];
  readonly codeDigest?: string;
  readonly packages?: Readonly<Record<string, string>>;
  /** Artifact digests by input; every input has one of its own when missing. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly run?: ResolvedStage['run'];
  readonly id?: string;
  readonly location?: string;
}

/** The key that the planner gives a stage. */
export async function keyOf(question: Question): Promise<string> {
  const { definition, settings, seed = 42, run = { retries: 0 } as ResolvedStage['run'], id = 'stage' } = question;
  const config = withDefaults(definition.configSchema as never, settings);
  const inputs = question.inputs ?? inputsOf(definition);
  const stage: ResolvedStage = {
    id,
    definition,
    config,
    seed,
    run,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, digest]) => [name, pathOf(digest, question)])),
    outputs: definition.outputs({ config, connected: Object.keys(inputs) }),
    facts: {},
  };
  const { key } = await planStage(stage, new Map(), contextOf(question));
  return key as string;
}

/** Each input of a stage with bytes of its own. */
export function inputsOf({ inputs }: StageDefinition): Record<string, string> {
  return Object.fromEntries(Object.keys(inputs).map((name) => [name, digestBytes(name)]));
}

function pathOf(digest: string, { location = '/here' }: Question): InputSource {
  return { kind: 'path', path: `${location}/${digest}`, files: [`${location}/${digest}`], digest };
}

function contextOf({
  engine = 'onnx',
  codeDigest = digestBytes('code'),
  packages = { arrow: '1.0.0' },
}: Question): PlanContext {
  return {
    pipeline: 'kitchen',
    engine,
    code: { closureOf: () => Promise.resolve({ digest: codeDigest, packages, path: '/code' }) },
    records: { findRecord: () => Promise.resolve(undefined), recentRecords: () => Promise.resolve([]) },
  };
}
