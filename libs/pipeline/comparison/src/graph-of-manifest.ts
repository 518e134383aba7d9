import { type Diagnostic, InvalidInputError, suggestion } from '@retort/foundation/diagnostics';
import { type ByInput, byInput, type InputEntry, inputEntries } from '@retort/foundation/inputs';
import {
  type FileDigests,
  findHubModel,
  findPathInput,
  type InputSource,
  type PipelineGraph,
  type ResolvedStage,
} from '@retort/pipeline-graph';
import type { ManifestPipelineStage, RunManifest } from '@retort/pipeline-runner';
import { inCurrentWords, validateAgainstSchema, withDefaults } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';
import { inputSetting, type PathLookup, readRebindings } from './path-rebinding.ts';

export interface ManifestGraphOptions {
  /** `uses` -> definition. */
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly digests: FileDigests;
  /** Root of the store in which the run is repeated. */
  readonly store?: string | undefined;
  /** Where the user's own files lie now: see `readRebindings`. */
  readonly set?: readonly string[] | undefined;
  readonly cwd: string;
}

/**
 * The graph of what a run computed, from its manifest alone: no pipeline file is read. Stages that the run did not finish
 * are left out.
 *
 * @throws InvalidInputError with every input that is not there or no longer what it was (REPRODUCE_INPUT_MISSING,
 * REPRODUCE_INPUT_CHANGED), every stage that this version does not know (REPRODUCE_UNKNOWN_STAGE), and every setting that it refuses
 */
export async function graphOfManifest(manifest: RunManifest, options: ManifestGraphOptions): Promise<PipelineGraph> {
  const { pipeline } = manifest;
  const lookup = readRebindings(options.set ?? [], pipeline, options.cwd);
  const done = new Set(finishedStages(manifest));
  const wanted = pipeline.stages.filter(({ id }) => done.has(id));
  const resolved = await Promise.all(wanted.map((stage) => resolveStage(stage, lookup, options)));
  const diagnostics = resolved.flatMap((result) => result.diagnostics);
  if (diagnostics.length > 0) throw new InvalidInputError(diagnostics);
  const stages = resolved.flatMap(({ stage }) => stage ?? []);
  const missing = unconnected(stages);
  if (missing.length > 0) throw new InvalidInputError(missing);
  const { name, description, file, variant, params = {}, results = [] } = pipeline;
  return {
    name,
    description,
    file,
    ...(variant !== undefined && { variant }),
    params,
    stages,
    results: results.filter(({ stage }) => done.has(stage)),
  };
}

/** Inputs that no stage before makes: a stage could wait for itself, or for nothing. */
function unconnected(stages: readonly ResolvedStage[]): Diagnostic[] {
  const made = new Set<string>();
  return stages.flatMap(({ id, definition, inputs, outputs }) => {
    const wrong = inputEntries(inputs).filter(
      ([name, source, at]) =>
        source.kind === 'stage' &&
        (definition.inputs[name] === undefined ||
          (at > 0 && !definition.inputs[name].list) ||
          !made.has(`${source.stage}.${source.port}`)),
    );
    for (const port of Object.keys(outputs)) made.add(`${id}.${port}`);
    return wrong.map(([name]) => ({
      code: 'REPRODUCE_INPUT_MISSING',
      message: `The input "${name}" of stage "${id}" should be an output of an earlier stage, but no finished stage provides it. Expected a run manifest, as retort show --json prints it.`,
    }));
  });
}

export function finishedStages({ stages }: RunManifest): string[] {
  return stages.filter(({ status }) => status === 'cached' || status === 'ran').map(({ id }) => id);
}

interface Resolution {
  readonly stage?: ResolvedStage;
  readonly diagnostics: readonly Diagnostic[];
}

async function resolveStage(
  described: ManifestPipelineStage,
  lookup: PathLookup,
  { registry, digests, store }: ManifestGraphOptions,
): Promise<Resolution> {
  const { id, uses, seed, run } = described;
  const definition = registry.get(uses);
  if (definition === undefined) return { diagnostics: [unknownKind(described, [...registry.keys()])] };
  const config = withDefaults(definition.configSchema, inCurrentWords(definition.configSchema, described.with));
  const refused = validateAgainstSchema(definition.configSchema, config).map(({ code, message }) => ({
    code,
    message: `This version of ${uses} refuses the settings that stage "${id}" ran with: ${message}`,
  }));
  // What its outputs and inputs are depends on settings that are right.
  if (refused.length > 0) return { diagnostics: refused };
  const found = await Promise.all(
    inputEntries(inLists(described.inputs, definition)).map(async ([name, source, at]) => ({
      name,
      ...(source.kind === 'stage'
        ? { source }
        : await findAgain(described, [name, source, at], { lookup, definition, digests, store })),
    })),
  );
  const inputs = byInput(
    found.flatMap(({ name, source }): [string, InputSource][] => (source === undefined ? [] : [[name, source]])),
  );
  const outputs = definition.outputs({ config, connected: Object.keys(inputs) });
  return {
    stage: { id, definition, config, seed, run, inputs, outputs, facts: {} },
    diagnostics: found.flatMap((each) => ('problem' in each && each.problem ? [each.problem] : [])),
  };
}

/** Manifests of versions whose inputs took no lists have `signals2` for the second of `signals`. */
function inLists(inputs: ByInput<InputSource>, { inputs: ports }: StageDefinition): ByInput<InputSource> {
  const entries = inputEntries(inputs).map(([name, source]) => {
    const [, stem = '', number] = /^(.*\D)(\d+)$/.exec(name) ?? [];
    const isOfList = !Object.hasOwn(ports, name) && Object.hasOwn(ports, stem) && ports[stem]?.list;
    return { name: isOfList ? stem : name, source, place: isOfList ? Number(number) : 0 };
  });
  return byInput(entries.sort((a, b) => a.place - b.place).map(({ name, source }) => [name, source]));
}

function unknownKind({ id, uses }: ManifestPipelineStage, kinds: readonly string[]): Diagnostic {
  return {
    code: 'REPRODUCE_UNKNOWN_STAGE',
    message: `Stage "${id}" of the run uses "${uses}", which this version does not have.${suggestion(uses, kinds)}`,
  };
}

async function findAgain(
  stage: ManifestPipelineStage,
  [name, source, at]: InputEntry<Extract<InputSource, { kind: 'path' }>>,
  {
    lookup,
    definition,
    ...options
  }: {
    lookup: PathLookup;
    definition: StageDefinition;
    digests: FileDigests;
    store?: string | undefined;
  },
): Promise<{ source?: InputSource; problem?: Diagnostic }> {
  // A model of the hub is where it was; the runner downloads it if it is not here.
  const path =
    source.hub === undefined
      ? lookup(stage, inputSetting(name, at), source.path)
      : `hf:${source.hub.repository}@${source.hub.commit}`;
  const kind = definition.inputs[name]?.path?.kind;
  const where = `The input "${name}" of stage "${stage.id}"`;
  const advice =
    source.hub === undefined
      ? `Give the location of the original with --set stages.${stage.id}.${inputSetting(name, at)}=<path>.`
      : 'Check HF_ENDPOINT: another mirror may list other files.';
  if (kind === undefined) {
    const message = `${where} was a path, which this version of ${stage.uses} does not accept.`;
    return { problem: { code: 'REPRODUCE_INPUT_MISSING', message } };
  }
  const found =
    source.hub === undefined
      ? await findPathInput(path, kind, options)
      : await findAgainOnHub(source.hub, options.digests);
  if ('code' in found) {
    const state = found.code === 'INPUT_NOT_FOUND' ? 'is not there' : 'cannot be read';
    return { problem: { code: 'REPRODUCE_INPUT_MISSING', message: `${where} ${state}. ${found.message} ${advice}` } };
  }
  if (found.source.digest === source.digest) return { source: found.source };
  const digestsText = `its digest was ${source.digest.slice(0, 12)} and is ${found.source.digest.slice(0, 12)}`;
  const message = `${where} has changed: ${path} no longer has the bytes that the run read (${digestsText}). ${advice}`;
  return { problem: { code: 'REPRODUCE_INPUT_CHANGED', message } };
}

/** A hub that cannot be asked is no model that has changed. */
async function findAgainOnHub(
  { repository, commit }: NonNullable<Extract<InputSource, { kind: 'path' }>['hub']>,
  digests: FileDigests,
) {
  const found = await findHubModel({ repository, revision: commit }, digests);
  return 'code' in found ? found : (found.unlisted ?? found);
}
