import { dirname } from 'node:path';
import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import { byInput } from '@retort/foundation/inputs';
import type { StageDefinition } from '@retort/plugin-kit';
import { withDefaults } from './defaults.ts';
import type { PipelineDocument, StageDocument } from './document.generated.ts';
import { envelopeSchema } from './envelope.ts';
import { listProblem, repeatedProblem } from './input-lists.ts';
import { type InputReference, type OutputReference, parseInputReference, parseOutput } from './input-reference.ts';
import { type Interpolated, interpolate, type KnownParams, withoutExpressions } from './interpolate.ts';
import { type JsonPath, toPointer } from './json-path.ts';
import type { JsonSource } from './json-source.ts';
import { isObject, type JsonObject, member, show } from './json-value.ts';
import { axisOverrides } from './matrix.ts';
import {
  applyOverride,
  checkOverridePath,
  type Override,
  type OverrideContext,
  type OverrideProblem,
  parseSet,
  settingOf,
} from './overrides.ts';
import { resolveParams } from './params.ts';
import { pipelineStem } from './pipeline-files.ts';
import { Places } from './places.ts';
import type { PipelineStage, ResolvedPipeline } from './resolved-pipeline.ts';
import type { Schema } from './schema.ts';
import { validate } from './validate.ts';

export interface DocumentOptions {
  /** Absolute path of the pipeline file. */
  readonly file: string;
  readonly registry: ReadonlyMap<string, StageDefinition>;
  readonly variant: string | undefined;
  /** The overrides of a cell of the matrix. */
  readonly cell: readonly Override[];
  readonly set: readonly string[];
  /** Of the pipeline that leads here: what it sets in this one, and what is only to be checked. */
  readonly handed: HandedOn;
  readonly cwd: string;
  /** Name of the pipeline that refers to this one. */
  readonly usedBy: string | undefined;
}

/** Overrides of settings of other pipelines, in order. */
export interface HandedOn {
  readonly applied: readonly Override[];
  /** Those of variants that are not chosen, and of axes as a whole. */
  readonly others: readonly Override[];
}

/** Everything of a pipeline but its imports; `pipeline` is missing when the file is too broken to go on. */
export interface DocumentResult {
  readonly pipeline?: Omit<ResolvedPipeline, 'imports'>;
  readonly handedOn: HandedOn;
  readonly diagnostics: readonly OverrideProblem[];
}

/**
 * Text's value to a valid document: variant, cell of the matrix, `--set`, what another pipeline sets, parameters, defaults,
 * then the envelope, then each stage's `with` against its own schema. Every problem is collected; the result is of use only when there are none.
 */
export function resolveDocument(source: JsonSource, options: DocumentOptions): DocumentResult {
  const places = new Places(source);
  if (!isObject(source.value))
    return {
      diagnostics: problemsOf(envelopeSchema, source.value, [], { places, interpolated: undefined }),
      handedOn: { applied: [], others: [] },
    };
  const context: OverrideContext = {
    source,
    document: structuredClone(source.value),
    registry: options.registry,
    places,
    params: new Map(),
  };
  const overridden = applyAll(context, { ...options, source });
  const params = resolveParams(member(context.document, 'params'), {
    places,
    overrides: context.params,
    cwd: options.cwd,
    name: pipelineStem(options.file),
    usedBy: options.usedBy,
  });
  const members = Object.fromEntries(
    Object.entries(context.document).filter(([name]) => WITH_PARAMETERS.includes(name)),
  );
  const interpolated = interpolate(members, [], params, (path, what) => places.locate(path, what));
  const handed = overridden.applied.map((override) => withParameters(override, params));
  const document = withDefaults(envelopeSchema, {
    ...context.document,
    ...(interpolated.value as object),
  }) as PipelineDocument;
  const work: Work = { document, source, places, interpolated, options };
  const envelope = [...problemsOf(envelopeSchema, document, [], work), ...nameProblems(work)];
  const stages = stagesOf(work);
  const results = resultsOf(work);
  return {
    pipeline: {
      name: pipelineStem(options.file),
      description: document.description,
      file: options.file,
      seed: document.seed,
      ...(options.variant !== undefined && { variant: options.variant }),
      params: Object.fromEntries(params.values),
      stages: new Map(stages.flatMap(({ stage }) => (stage ? [[stage.id, stage]] : []))),
      results: results.references,
      locate: (stage, path, what) => places.locate(['stages', stage, ...path], what),
      locateResult: (index) => places.locate(['results', index]),
    },
    handedOn: { applied: handed.flatMap(({ override }) => override ?? []), others: overridden.others },
    diagnostics: [
      ...overridden.diagnostics,
      ...params.diagnostics,
      ...interpolated.diagnostics,
      ...handed.flatMap(({ diagnostics }) => diagnostics),
      ...envelope,
      ...stages.flatMap((stage) => stage.diagnostics),
      ...results.diagnostics,
    ],
  };
}

/** Members that parameters are put into. */
const WITH_PARAMETERS = ['seed', 'stages', 'results'];

/** What is set in another pipeline has the parameters of the one that says so, not those of the other. */
function withParameters(
  override: Override,
  params: KnownParams,
): { readonly override?: Override; readonly diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics, failed } = interpolate(override.value, [], params, () => override.location);
  if (failed.size > 0) return { diagnostics };
  const text = typeof override.value === 'string' && override.text !== undefined ? String(value) : override.text;
  return {
    override: { ...override, value: withoutExpressions(value), ...(text !== undefined && { text }) },
    diagnostics,
  };
}

interface Work {
  readonly document: PipelineDocument;
  readonly source: JsonSource;
  readonly places: Places;
  readonly interpolated: Interpolated;
  readonly options: DocumentOptions;
}

interface AllOverrides extends DocumentOptions {
  readonly source: JsonSource;
}

/** Applies all overrides of this pipeline, checks those that are not applied, and hands on those of other pipelines. */
function applyAll(
  context: OverrideContext,
  { variant, cell, set, handed, source }: AllOverrides,
): HandedOn & { readonly diagnostics: readonly OverrideProblem[] } {
  const isOwn = (override: Override) => settingOf(override, source).pipeline === undefined;
  const variants = member(context.document, 'variants');
  const names = isObject(variants) ? Object.keys(variants) : [];
  const fromVariant = (name: string) => overridesOf(name, variants, context.places);
  const diagnostics: OverrideProblem[] =
    variant === undefined || names.includes(variant) ? [] : [unknownVariant(variant, names, context.places)];
  const unchosen = names.filter((name) => name !== variant).flatMap(fromVariant);
  const others = [...unchosen, ...axisOverrides(source)];
  const checked = [...others.filter(isOwn), ...handed.others];
  diagnostics.push(...checked.flatMap((override) => checkOverridePath(override, context)));
  const chosen = variant !== undefined && names.includes(variant) ? fromVariant(variant) : [];
  // A wrong path of an axis was reported just now, once for all of its values.
  const ofCell = cell.filter((override) => !isOwn(override) || checkOverridePath(override, context).length === 0);
  const wrong = new Set(
    handed.others.filter((each) => checkOverridePath(each, context).length > 0).map(({ path }) => path),
  );
  const ofOther = handed.applied.filter(({ path }) => !wrong.has(path));
  const applied: Override[] = [];
  for (const override of [...chosen, ...ofCell, ...set.map(parseSet), ...ofOther]) {
    if ('code' in override) diagnostics.push(override);
    else if (isOwn(override)) diagnostics.push(...applyOverride(override, context));
    else applied.push(override);
  }
  return { applied, others: others.filter((override) => !isOwn(override)), diagnostics };
}

function overridesOf(variant: string, variants: unknown, places: Places): Override[] {
  const overrides = member(variants, variant);
  if (!isObject(overrides)) return [];
  return Object.entries(overrides).map(([path, value]) => ({
    path,
    value,
    location: places.locateInFile(['variants', variant, path], 'name'),
    writtenIn: places.fileOf(['variants', variant, path]),
  }));
}

function unknownVariant(variant: string, names: readonly string[], places: Places): Diagnostic {
  const known = names.length === 0 ? ' This pipeline has no variants.' : suggestion(variant, names);
  return {
    code: 'PIPELINE_UNKNOWN_VARIANT',
    message: `No variant is named ${show(variant)}.${known}`,
    location: places.locateInFile(['variants']),
  };
}

/** Problems of a value against a schema, at their places. What could not be interpolated is not reported again. */
function problemsOf(
  schema: Schema,
  value: unknown,
  base: JsonPath,
  { places, interpolated }: { places: Places; interpolated: Interpolated | undefined },
): Diagnostic[] {
  return validate(schema, value).flatMap(({ code, message, path, isName }) => {
    const full = [...base, ...path];
    const pointer = toPointer(full);
    if (interpolated?.failed.has(pointer)) return [];
    const written = interpolated?.sources.get(pointer);
    const origin = written === undefined ? '' : ` It comes from ${show(written)}.`;
    return [{ code, message: message + origin, location: places.locate(full, isName ? 'name' : 'value') }];
  });
}

function nameProblems({ document, places, options }: Work): Diagnostic[] {
  const expected = pipelineStem(options.file);
  if (typeof document.name !== 'string' || document.name === expected) return [];
  const message = `The name must match the file name: expected ${show(expected)}, got ${show(document.name)}. Rename one of them.`;
  return [{ code: 'PIPELINE_NAME_MISMATCH', message, location: places.locate(['name']) }];
}

interface StageResult {
  readonly stage?: PipelineStage;
  readonly diagnostics: readonly Diagnostic[];
}

function stagesOf(work: Work): StageResult[] {
  const { stages } = work.document;
  return isObject(stages)
    ? Object.entries(stages).flatMap(([id, stage]) => (isObject(stage) ? [stageOf(id, stage, work)] : []))
    : [];
}

function stageOf(id: string, stage: StageDocument, work: Work): StageResult {
  if (typeof stage.uses !== 'string') return { diagnostics: [] };
  const { registry } = work.options;
  const definition = registry.get(stage.uses);
  if (definition === undefined) return { diagnostics: [unknownKind(id, stage.uses, work)] };
  const schema = definition.configSchema as Schema;
  const config = withDefaults(schema, completed(definition, stage));
  const settings = isObject(stage.with) ? problemsOf(schema, config, ['stages', id, 'with'], work) : [];
  const inputs = inputsOf(id, stage, definition, work);
  return {
    stage: {
      id,
      definition,
      config,
      seed: stage.seed ?? work.document.seed,
      run: stage.run,
      inputs: byInput(inputs.references),
    },
    diagnostics: [...settings, ...inputs.diagnostics],
  };
}

/** The settings with what a preset stands for put in. */
function completed({ complete }: StageDefinition, { with: given, inputs }: StageDocument): unknown {
  if (complete === undefined || !isObject(given)) return given;
  return complete(given, isObject(inputs) ? Object.keys(inputs) : []);
}

function unknownKind(id: string, uses: string, { places, options }: Work): Diagnostic {
  const kinds = [...options.registry.keys()].sort();
  const list = kinds.length > 12 ? ` Known: ${kinds.join(', ')}.` : '';
  const message = `No kind of stage is named ${show(uses)}.${suggestion(uses, kinds)}${list}`;
  return { code: 'PIPELINE_UNKNOWN_STAGE_KIND', message, location: places.locate(['stages', id, 'uses']) };
}

function inputsOf(
  id: string,
  stage: StageDocument,
  definition: StageDefinition,
  work: Work,
): { references: [string, InputReference][]; diagnostics: Diagnostic[] } {
  const references: [string, InputReference][] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [name, given] of Object.entries(isObject(stage.inputs) ? (stage.inputs as JsonObject) : {})) {
    const path = ['stages', id, 'inputs', name];
    const refused = Array.isArray(given) ? listProblem(name, given, definition.inputs) : undefined;
    if (refused !== undefined) diagnostics.push(at(work.places.locate(path), refused));
    const seen = new Map<string, number>();
    for (const [place, text] of [given].flat().entries()) {
      const own = Array.isArray(given) ? [...path, place] : path;
      if (typeof text !== 'string' || text === '' || work.interpolated.failed.has(toPointer(own))) continue;
      const reference = referenceAt(own, text, work);
      const identity = JSON.stringify({ ...reference, text: undefined });
      const first = seen.get(identity) ?? place;
      seen.set(identity, first);
      const problem =
        'code' in reference ? reference : first < place ? repeatedProblem(name, text, { first, at: place }) : undefined;
      if (problem !== undefined) diagnostics.push(at(work.places.locate(own), problem));
      else if (!('code' in reference)) references.push([name, reference]);
    }
  }
  return { references, diagnostics };
}

/** Relative to the file that the text is written in. */
function referenceAt(
  path: JsonPath,
  text: string,
  { places, source, options }: Work,
): ReturnType<typeof parseInputReference> {
  const writtenIn = places.writtenIn(path);
  const file = writtenIn ?? options.file;
  const folders = { paths: writtenIn === undefined ? options.cwd : dirname(writtenIn), pipelines: dirname(file) };
  return ownPipeline(parseInputReference(text, folders), file, source);
}

/** `name#stage.output` inside the pipeline `name` itself is only a long way to write `stage.output`, also for who extends it. */
function ownPipeline(
  reference: ReturnType<typeof parseInputReference>,
  file: string,
  { files }: JsonSource,
): ReturnType<typeof parseInputReference> {
  const isOwn = (name: string) => files.includes(file) && name === pipelineStem(file);
  if ('code' in reference || reference.kind !== 'pipeline' || !isOwn(reference.pipeline)) return reference;
  return { kind: 'stage', stage: reference.stage, port: reference.port };
}

function resultsOf({ document, places }: Work): { references: OutputReference[]; diagnostics: Diagnostic[] } {
  const entries = Array.isArray(document.results) ? document.results : [];
  const references = entries.flatMap((text) => (typeof text === 'string' ? [parseOutput(text)] : []));
  const diagnostics = references.flatMap((reference, index) =>
    reference === undefined
      ? [
          at(places.locate(['results', index]), {
            code: 'PIPELINE_BAD_REFERENCE',
            message: 'Expected "stage.output" of this pipeline.',
          }),
        ]
      : [],
  );
  return {
    references: references.flatMap((reference) =>
      reference ? [{ stage: reference.stage, port: reference.port }] : [],
    ),
    diagnostics,
  };
}

function at(location: DiagnosticLocation, { code, message }: { code: string; message: string }): Diagnostic {
  return { code, message, location };
}
