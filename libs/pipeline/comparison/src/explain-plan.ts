import { inputEntries, inputLabel } from '@retort/foundation/inputs';
import {
  type InputSource,
  type KeyDifference,
  type KeyDocument,
  type ModuleDigests,
  type PipelineGraph,
  type Plan,
  type PlanContext,
  type PlannedStage,
} from '@retort/pipeline-graph';
import { differencesOf, type Earlier, type EarlierExecutions } from './earlier-executions.ts';
import { compareModules, type ModuleChange } from './modules.ts';
import { draftsOf } from './planned-run.ts';

/** Why one stage would run or not, against an earlier execution. */
export interface StageExplanation extends Pick<PlannedStage, 'id' | 'uses' | 'key' | 'status' | 'reason'> {
  /** As far as it is known: inputs that wait for another stage are left out. */
  readonly keyDocument: KeyDocument;
  /** What it is compared with; missing when there is nothing of its kind, or when nothing of its kind differs. */
  readonly comparedWith?: Earlier;
  /** The leaves that differ, all but the bytes of inputs that other stages make: those are in `changedInputs`. */
  readonly differences: readonly KeyDifference[];
  /** The modules that differ, when the code does and both versions are known. */
  readonly codeChanges?: readonly ModuleChange[];
  /** Inputs whose bytes differ, or may, because of another stage: its explanation says why. */
  readonly changedInputs: readonly ChangedInput[];
}

export interface ChangedInput {
  /** `signals`, or of a list also `signals[1]`. */
  readonly input: string;
  readonly stage: string;
  /** `changed`: other bytes than then. `waits`: that stage has to run first, so nobody knows yet. */
  readonly how: 'changed' | 'waits';
}

export interface ExplainOptions {
  readonly graph: PipelineGraph;
  readonly plan: Plan;
  readonly context: PlanContext;
  readonly executions: EarlierExecutions;
  /** Whether cached stages are compared too, and not only where a later stage asks why its input changed. */
  readonly comparesCached: boolean;
  /** What a stage's code of an earlier run was made of. */
  readonly modulesOf: (digest: string, run: string | undefined) => Promise<ModuleDigests | undefined>;
}

/** Explains every stage of a plan, in its order. A cause is named where it is, and pointed to from where it reaches. */
export async function explainPlan(options: ExplainOptions): Promise<StageExplanation[]> {
  const { plan } = options;
  const draft = draftsOf(options);
  const asked = new Map<string, Earlier>();
  const explained: StageExplanation[] = [];
  // From the last to the first: a stage learns which of its earlier executions the later ones were fed by.
  for (const stage of [...plan.stages].reverse()) {
    const keyDocument = await draft(stage);
    const earlier = await comparedWith(stage, keyDocument, asked.get(stage.id), options);
    const explanation = await explainStage(stage, keyDocument, earlier, options);
    explained.push(explanation);
    for (const [id, made] of await makersOf(explanation, options)) if (!asked.has(id)) asked.set(id, made);
  }
  return explained.reverse();
}

async function comparedWith(
  stage: PlannedStage,
  draft: KeyDocument,
  asked: Earlier | undefined,
  { executions, comparesCached }: ExplainOptions,
): Promise<Earlier | undefined> {
  if (stage.status === 'cached' && !comparesCached) return asked;
  return executions.find(stage, draft, waitingInputs(stage, draft));
}

function waitingInputs({ inputs }: PlannedStage, { inputs: known }: KeyDocument): string[] {
  return [...labelled(inputs).keys()].filter((label) => known[label] === undefined);
}

/** By what keys call them. */
function labelled(inputs: PlannedStage['inputs']): ReadonlyMap<string, InputSource> {
  return new Map(inputEntries(inputs).map(([name, source, at]) => [inputLabel(name, at), source]));
}

async function explainStage(
  stage: PlannedStage,
  keyDocument: KeyDocument,
  earlier: Earlier | undefined,
  { modulesOf }: ExplainOptions,
): Promise<StageExplanation> {
  const { id, uses, key, status, reason } = stage;
  const waiting = waitingInputs(stage, keyDocument);
  const all = earlier === undefined ? [] : differencesOf(earlier.keyDocument, keyDocument, waiting);
  const sources = labelled(stage.inputs);
  const changed = all.flatMap(({ path, before, after }) => {
    const input = path.startsWith('inputs.') ? path.slice('inputs.'.length) : '';
    const source = sources.get(input);
    const isOther = source?.kind === 'stage' && before !== undefined && after !== undefined;
    return isOther ? [{ input, stage: source.stage, how: 'changed' as const }] : [];
  });
  const paths = new Set(changed.map(({ input }) => `inputs.${input}`));
  const differences = all.filter(({ path }) => !paths.has(path));
  const codeChanges = await changedModules(differences, earlier?.run, modulesOf);
  return {
    id,
    uses,
    ...(key !== undefined && { key }),
    status,
    reason,
    keyDocument,
    ...(earlier !== undefined && { comparedWith: earlier }),
    differences,
    ...(codeChanges !== undefined && { codeChanges }),
    changedInputs: [...changed, ...waiting.flatMap((input) => waitingInput(sources.get(input), input))],
  };
}

function waitingInput(source: InputSource | undefined, input: string): ChangedInput[] {
  return source?.kind === 'stage' ? [{ input, stage: source.stage, how: 'waits' }] : [];
}

async function changedModules(
  differences: readonly KeyDifference[],
  run: string | undefined,
  modulesOf: ExplainOptions['modulesOf'],
): Promise<ModuleChange[] | undefined> {
  const code = differences.find(({ path }) => path === 'code.digest');
  if (code === undefined) return undefined;
  const before = await modulesOf(String(code.before), run);
  const after = await modulesOf(String(code.after), undefined);
  return before === undefined || after === undefined ? undefined : compareModules(before, after);
}

/** For each stage that fed other bytes: the execution that made what was read then. */
async function makersOf(
  { changedInputs, comparedWith: earlier }: StageExplanation,
  { plan, executions }: ExplainOptions,
): Promise<[string, Earlier][]> {
  const made = await Promise.all(
    changedInputs.map(async ({ input, stage: id, how }) => {
      const stage = plan.stages.find((each) => each.id === id);
      const digest = earlier?.keyDocument.inputs[input];
      if (how === 'waits' || stage === undefined || digest === undefined) return undefined;
      const maker = await executions.makerOf(stage, digest);
      return maker === undefined ? undefined : ([id, maker] as [string, Earlier]);
    }),
  );
  return made.filter((each) => each !== undefined);
}
