import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import { paramsIn } from './interpolate.ts';
import { type JsonPath, toPointer } from './json-path.ts';
import { type JsonSource, type ParsedSource, readSource } from './json-source.ts';
import { isObject, type JsonObject, member, show, typeName } from './json-value.ts';
import { mergePatch } from './merge-patch.ts';
import { displayPath, PIPELINE_SUFFIX, pipelineNames, resolvePath } from './pipeline-files.ts';

/** Files in a chain of `extends`, the first one included. */
const MAX_FILES = 8;

/** Members that each file has for itself. */
const OWN_MEMBERS = ['$schema', 'name', 'extends'];

/**
 * Reads a pipeline file together with all that it extends, as one source: its value is merged, and the place of each part
 * of it is in the file that says so. Never throws for what is in the files.
 *
 * @param path absolute
 * @param cwd what names of files in messages are relative to
 */
export async function readExtended(path: string, cwd: string): Promise<ParsedSource> {
  const layers: JsonSource[] = [];
  const diagnostics: Diagnostic[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { source, diagnostics: found } = await readSource({ path: next, file: displayPath(next, cwd) });
    diagnostics.push(...found);
    if (source === undefined) return { diagnostics };
    layers.push(source);
    const base = await baseOf(next, layers);
    if (typeof base === 'object') return { diagnostics: [...diagnostics, base] };
    next = base;
  }
  const { value, problems } = merge(layers);
  return { source: layered(layers, value), diagnostics: [...diagnostics, ...problems] };
}

/** The file that the last layer extends, undefined for none, or what is wrong with it. */
async function baseOf(path: string, layers: readonly JsonSource[]): Promise<string | undefined | Diagnostic> {
  const source = layers.at(-1) as JsonSource;
  const text = member(source.value, 'extends');
  // Anything else than text is left to the schema.
  if (typeof text !== 'string' || text === '') return undefined;
  const location = source.locate(['extends']) as DiagnosticLocation;
  if (paramsIn(text).length > 0) return withParameters(text, location);
  const base = resolvePath(dirname(path), text);
  const chain = layers.map((layer) => layer.writtenIn([]));
  if (chain.includes(base)) {
    const circle = [...chain.slice(chain.indexOf(base)), base].map((file) => displayPath(file, dirname(path)));
    return {
      code: 'PIPELINE_EXTENDS_CYCLE',
      message: `Pipelines extend each other in a cycle: ${circle.join(' -> ')}. Remove one of these "extends".`,
      location,
    };
  }
  if (layers.length === MAX_FILES)
    return {
      code: 'PIPELINE_EXTENDS_TOO_DEEP',
      message: `More than ${MAX_FILES} files extend each other. Let this one extend nothing, or merge some of them.`,
      location,
    };
  return (await isFile(base)) ? base : notFound(text, base, location);
}

function withParameters(text: string, location: DiagnosticLocation): Diagnostic {
  const message = `"extends" cannot contain parameters, because it is read before they have values: got ${show(text)}. Write the file's path.`;
  return { code: 'PIPELINE_BAD_VALUE', message, location };
}

async function notFound(text: string, base: string, location: DiagnosticLocation): Promise<Diagnostic> {
  const names = (await pipelineNames(dirname(base))).map((name) => `${name}${PIPELINE_SUFFIX}`);
  const message = `There is no file ${show(text)} to extend. The path is relative to the folder of this file.${suggestion(text.replace(/^.*\//, ''), names)}`;
  return { code: 'PIPELINE_EXTENDS_NOT_FOUND', message, location };
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** From the last base up, each layer changes what is below it. */
function merge(layers: readonly JsonSource[]): { value: unknown; problems: Diagnostic[] } {
  const [own, ...bases] = layers as [JsonSource, ...JsonSource[]];
  const problems = bases.flatMap(notAnObject);
  const value = [own, ...bases].reduceRight<unknown>((below, layer) => {
    if (below === undefined || !isObject(layer.value) || !isObject(below)) return layer.value;
    const merged = mergePatch(withoutOwnMembers(below), layer.value);
    problems.push(...merged.unused.map((path) => nothingToRemove(path, layer)));
    return merged.value;
  }, undefined);
  return { value, problems };
}

function notAnObject({ value, locate }: JsonSource): Diagnostic[] {
  const message = `Expected a pipeline file to extend, which is an object, got ${show(value)} (${typeName(value)}).`;
  return isObject(value) ? [] : [{ code: 'PIPELINE_WRONG_TYPE', message, location: locate([]) as DiagnosticLocation }];
}

function withoutOwnMembers(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OWN_MEMBERS.includes(name)));
}

function nothingToRemove(path: JsonPath, layer: JsonSource): Diagnostic {
  const message = `null removes what the extended file has, but that file has no ${show(toPointer(path))}. Remove this member.`;
  return {
    code: 'PIPELINE_NOTHING_TO_REMOVE',
    message,
    location: layer.locate(path) ?? { file: layer.file, pointer: toPointer(path) },
  };
}

/** A value lies in the topmost file that has it. */
function layered(layers: readonly JsonSource[], value: unknown): JsonSource {
  const [own, ...bases] = layers as [JsonSource, ...JsonSource[]];
  if (bases.length === 0) return own;
  const holder = (path: JsonPath) =>
    OWN_MEMBERS.includes(String(path[0])) ? own : (layers.find((layer) => layer.locate(path) !== undefined) ?? own);
  return {
    file: own.file,
    value,
    locate: (path) => holder(path).locate(path),
    locateKey: (path) => holder(path).locateKey(path),
    writtenIn: (path) => holder(path).writtenIn(path),
    files: layers.flatMap(({ files }) => files),
  };
}
