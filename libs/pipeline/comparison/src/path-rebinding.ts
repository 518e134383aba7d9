import { isAbsolute, relative, resolve } from 'node:path';
import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { inputEntries, inputPath } from '@retort/foundation/inputs';
import { isBelow } from '@retort/pipeline-graph';
import type { ManifestPipeline, ManifestPipelineStage } from '@retort/pipeline-runner';
import { resolvePath, splitSetting } from '@retort/pipeline-schema';

/** Where the user's own files lie now, by stage and input; a path that did not move is the one of the manifest. */
export type PathLookup = (stage: ManifestPipelineStage, input: string, path: string) => string;

interface Rebinding {
  readonly stage?: string;
  /** See `inputSetting`. */
  readonly input?: string;
  /** What stands for the old path, or for the start of it. */
  readonly from?: string;
  readonly to: string;
}

/**
 * Reads `params.data=<path>` and `stages.<stage>.inputs.<input>=<path>`: on another machine the same files lie elsewhere. A
 * parameter stands for every input whose path began with its value. Relative paths count from `cwd`.
 *
 * @throws UsageError REPRODUCE_SET for anything else: a reproduction changes no setting
 */
export function readRebindings(given: readonly string[], pipeline: ManifestPipeline, cwd: string): PathLookup {
  const rebindings = given.map((text) => readRebinding(text, pipeline, cwd));
  return ({ id }, input, path) => {
    for (const { stage, input: wanted, from, to } of rebindings) {
      if (stage === id && wanted === input) return to;
      if (from !== undefined && isBelow(path, from)) return resolve(to, relative(from, path));
    }
    return path;
  };
}

function readRebinding(text: string, pipeline: ManifestPipeline, cwd: string): Rebinding {
  const known = knownNames(pipeline);
  // Ids of cells hold "=" too: `stages.corpus[seed=1].inputs.files`.
  const name = [...known.keys()].find((each) => text.startsWith(`${each}=`));
  if (name === undefined) {
    const given = splitSetting(text)?.path ?? text;
    throw new UsageError(
      'REPRODUCE_SET',
      `"${given}" is not a path of this run. reproduce changes no settings; --set only gives the new location of the same files.${suggestion(given, [...known.keys()])}`,
    );
  }
  return { ...known.get(name), to: resolvePath(cwd, text.slice(name.length + 1)) };
}

/** Every name that may be given a new path. */
function knownNames({ params = {}, stages }: ManifestPipeline): Map<string, Omit<Rebinding, 'to'>> {
  const inputs = stages.flatMap(({ id, inputs: sources }) =>
    inputEntries(sources).flatMap(([input, source, at]) =>
      // A model of the hub is found by its commit, wherever it lies.
      source.kind === 'path' && source.hub === undefined
        ? namesOf(id, inputSetting(input, at)).map((name) => ({
            name,
            stage: id,
            input: inputSetting(input, at),
            path: source.path,
          }))
        : [],
    ),
  );
  const parameters = Object.entries(params).flatMap(([name, value]) =>
    typeof value === 'string' && isAbsolute(value) && inputs.some(({ path }) => isBelow(path, value))
      ? [[`params.${name}`, { from: value }] as const]
      : [],
  );
  return new Map<string, Omit<Rebinding, 'to'>>([
    ...parameters,
    ...inputs.map(({ name, stage, input }) => [name, { stage, input }] as const),
  ]);
}

/** `inputs.files`, or in a list `inputs.files.1`. */
export function inputSetting(name: string, at: number): string {
  return inputPath(name, at).join('.');
}

/** A stage of another pipeline by its id, and as in `--set` of other commands. */
function namesOf(id: string, input: string): string[] {
  const [, pipeline, stage] = /^([^#[]+)#(.*)$/s.exec(id) ?? [];
  const own = `stages.${id}.${input}`;
  return pipeline === undefined ? [own] : [own, `${pipeline}#stages.${stage}.${input}`];
}
