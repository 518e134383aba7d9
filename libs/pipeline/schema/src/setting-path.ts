import type { JsonSource } from './json-source.ts';
import { pipelineStem } from './pipeline-files.ts';

/**
 * Where a setting is, as people write it after `--set`, in a variant, and as an axis of a matrix:
 * `stages.student-train.with.batchSize`, or `general-distill#stages.corpus.seed` for one of another pipeline.
 */
export interface SettingPath {
  /** Name of the other pipeline. */
  readonly pipeline?: string;
  /** Names from the root of the document. */
  readonly parts: readonly string[];
  /** What is wrong with the text itself. */
  readonly problem?: string;
}

/**
 * Reads a path. A backslash makes the sign behind it part of a name, so that every name can be written: `labelNames.v1\.0`.
 * Before a letter or digit it would mean something in other languages, and is refused.
 */
export function readSettingPath(text: string): SettingPath {
  const pipeline = /^([^.#\\]+)#/.exec(text)?.[1];
  const parts = [''];
  let problem: string | undefined;
  for (const [token, escaped] of text
    .slice(pipeline === undefined ? 0 : pipeline.length + 1)
    .matchAll(/\\(\W)|[^]/gu)) {
    if (token === '.') parts.push('');
    else parts[parts.length - 1] += escaped ?? token;
    if (token === '\\')
      problem = `A backslash stands before a sign that is part of a name, as in ${JSON.stringify('v1\\.0')}; itself it is written ${JSON.stringify('\\\\')}.`;
  }
  return { parts, ...(pipeline !== undefined && { pipeline }), ...(problem !== undefined && { problem }) };
}

/** The text that `readSettingPath` reads as these parts. */
export function writeSettingPath({ pipeline, parts }: Pick<SettingPath, 'pipeline' | 'parts'>): string {
  const path = parts.map(writeSettingName).join('.');
  return pipeline === undefined ? path : `${pipeline}#${path}`;
}

/** One name of a path. `=` ends a path after `--set`. */
export function writeSettingName(name: string): string {
  return name.replaceAll(/[.=\\]/g, '\\$&');
}

/**
 * The setting that a text means for a pipeline: `tiny#seed` is the `seed` of `tiny` itself, also for a file that extends it.
 *
 * @param writtenIn  absolute path of the file that the text is written in; undefined for the command line
 */
export function settingIn(
  text: string,
  writtenIn: string | undefined,
  { files }: Pick<JsonSource, 'files'>,
): SettingPath {
  const { pipeline, ...path } = readSettingPath(text);
  const owners = files.filter((file, at) => at === 0 || file === writtenIn).map(pipelineStem);
  return pipeline === undefined || owners.includes(pipeline) ? path : { ...path, pipeline };
}

/** Whether a setting is another one, or inside it. */
export function isWithin(inner: SettingPath, outer: SettingPath): boolean {
  return inner.pipeline === outer.pipeline && outer.parts.every((part, at) => inner.parts[at] === part);
}

/** Path and value of `path=value`; undefined without a path. */
export function splitSetting(text: string): { readonly path: string; readonly value: string } | undefined {
  const [, path, value] = /^((?:\\.|[^\\=])+)=(.*)$/su.exec(text) ?? [];
  return path === undefined || value === undefined
    ? undefined
    : { path: path.replace(/^\s+|(?<!\\)\s+$/gu, ''), value };
}
