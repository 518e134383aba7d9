import type { Diagnostic, DiagnosticLocation } from '@retort/foundation/diagnostics';
import type { JsonSource } from './json-source.ts';
import { isObject, member, show } from './json-value.ts';
import type { Override } from './overrides.ts';
import { isWithin, type SettingPath, settingIn, writeSettingPath } from './setting-path.ts';
import { NO_VARIANT, VARIANT_AXIS, variantAxisProblems } from './variant-axis.ts';

const MAX_CELLS = 256;
/** Eight of two values fill the cells. Thousands of one value would take hours. */
const MAX_AXES = 64;

/** A setting that the cells of a matrix differ in. */
export interface MatrixAxis {
  /** As the file writes it: `stages.student-train.with.loss.attention.weight`, or `variant`. */
  readonly path: string;
  /** The end of the path that names no other axis, in words: `attention.weight`. */
  readonly name: string;
  readonly values: readonly unknown[];
  /** A seed: results are averaged over it, not compared along it. */
  readonly isSeed: boolean;
}

/** One combination of the values of all axes. */
export interface MatrixCell {
  /** `seed=1,attention.weight=0`. A value that is no short word is called by its position: `student=@2`. */
  readonly id: string;
  /** The id's parts, one for each axis. */
  readonly parts: readonly string[];
  /** Name of the axis -> value. */
  readonly values: Readonly<Record<string, unknown>>;
  /** On an axis of variants; undefined for the file as it is. */
  readonly variant?: string;
  readonly overrides: readonly Override[];
}

export interface Matrix {
  readonly axes: readonly MatrixAxis[];
  /** At least one: without axes, a cell without overrides. */
  readonly cells: readonly MatrixCell[];
  readonly diagnostics: readonly Diagnostic[];
}

const ONE_CELL: MatrixCell = { id: '', parts: [], values: {}, overrides: [] };

/**
 * The cells of a pipeline file's matrix. Whether paths and values are right is found out when they are applied.
 *
 * @param fixed paths that the command line sets: the cells do not differ in those
 */
export function matrixOf(source: JsonSource, fixed: readonly string[]): Matrix {
  const given = Object.entries(objectOf(member(source.value, 'matrix')));
  const lists = given.filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > 0);
  const isFixed = isFixedBy(fixed, source);
  const axes = axesOf(
    lists.filter(([path]) => path === VARIANT_AXIS || !isFixed(path)),
    source,
  );
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  const diagnostics = [
    ...axes.flatMap((axis) => axisProblems(axis, axes, source)),
    ...variantAxisProblems(axes, source),
    ...tooMany(count, axes, source),
  ];
  const cells = diagnostics.length > 0 ? [ONE_CELL] : cellsOf(axes, source);
  return { axes, cells, diagnostics };
}

/** The overrides of every axis with its first value, placed at the axis itself: for what is wrong with its path. */
export function axisOverrides(source: JsonSource): Override[] {
  const paths = Object.keys(objectOf(member(source.value, 'matrix'))).filter((path) => path !== VARIANT_AXIS);
  return paths.map((path) => {
    const writtenIn = source.writtenIn(['matrix', path]);
    return { path, value: undefined, location: axisPlace(path, source), writtenIn };
  });
}

function isFixedBy(fixed: readonly string[], source: JsonSource): (path: string) => boolean {
  const settings = new Set(fixed.map((path) => writeSettingPath(settingIn(path, undefined, source))));
  return (path) => settings.has(writeSettingPath(axisSetting(path, source)));
}

/** The setting that an axis varies. */
function axisSetting(path: string, source: JsonSource): SettingPath {
  return settingIn(path, source.writtenIn(['matrix', path]), source);
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function axesOf(lists: readonly (readonly [string, readonly unknown[]])[], source: JsonSource): MatrixAxis[] {
  const settings = lists.map(([path]) => axisSetting(path, source));
  const names = shortNames(settings);
  return lists.map(([path, values], at) => ({
    path,
    name: names[at] as string,
    values,
    isSeed: /^(seed|\w+Seed)$/.test(settings[at]?.parts.at(-1) ?? ''),
  }));
}

/** Two parts of what a path says beyond its stage, and more of it where two axes would have one name. */
function shortNames(settings: readonly SettingPath[]): string[] {
  const parts = settings.map(({ pipeline, parts: own }) =>
    [...(pipeline === undefined ? [] : [pipeline]), ...own].map(asWord),
  );
  const lengths = settings.map((each) => Math.min(2, ownLength(each.parts)));
  for (;;) {
    const names = parts.map((each, at) => each.slice(-(lengths[at] as number)).join('.'));
    const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
    const growing = [...names.keys()].filter(
      (at) => isShared(names[at] as string) && (lengths[at] as number) < (parts[at] as string[]).length,
    );
    // Paths that differ in signs alone are told apart by their position.
    if (growing.length === 0) return names.map((name, at) => (isShared(name) ? `${name}-${at + 1}` : name));
    for (const at of growing) lengths[at] = (lengths[at] as number) + 1;
  }
}

/** A name may hold any sign; ids of cells and stages are typed, and have signs of their own. */
function asWord(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '_') || '_';
}

/** Parts after `params`, `stages`, or `stages.<id>.with`. */
function ownLength(parts: readonly string[]): number {
  const before = parts[0] === 'stages' && parts[2] === 'with' ? 3 : 1;
  return Math.max(1, parts.length - before);
}

function axisProblems({ path, values }: MatrixAxis, axes: readonly MatrixAxis[], source: JsonSource): Diagnostic[] {
  const location = axisPlace(path, source);
  const setting = axisSetting(path, source);
  const around = axes.find((other) => other.path !== path && isWithin(setting, axisSetting(other.path, source)));
  const nested = `${show(path)} is inside ${show(around?.path)}, whose values would override it. Vary only one of them.`;
  const operational = `${show(path)} affects no result, so all cells would be the same. Give it a single value.`;
  return [
    ...repeatedValues(path, values, source),
    ...(around === undefined ? [] : [{ code: 'PIPELINE_BAD_MATRIX', message: nested, location }]),
    ...(setting.parts[0] === 'stages' && setting.parts[2] === 'run'
      ? [{ code: 'PIPELINE_BAD_MATRIX', message: operational, location }]
      : []),
  ];
}

/** A schema would compare each value with each: a long list would take hours. */
function repeatedValues(path: string, values: readonly unknown[], source: JsonSource): Diagnostic[] {
  const seen = new Set<string>();
  return values.flatMap((value, at) => {
    const text = JSON.stringify(value);
    const isNew = !seen.has(text);
    seen.add(text);
    const location = source.locate(['matrix', path, at]) ?? axisPlace(path, source);
    const message = `${show(path)} has the value ${show(value)} twice. Remove one of them.`;
    return isNew ? [] : [{ code: 'PIPELINE_BAD_MATRIX', message, location }];
  });
}

/** Asked for before anything else: `matrixOf` compares each axis with each. */
export function tooManyAxes(source: JsonSource): Diagnostic[] {
  const count = Object.keys(objectOf(member(source.value, 'matrix'))).length;
  if (count <= MAX_AXES) return [];
  const message = `The matrix has ${count} axes, but at most ${MAX_AXES} are allowed. Set anything with a single value in "params" or "stages".`;
  return [{ code: 'PIPELINE_MATRIX_TOO_LARGE', message, location: matrixPlace(source) }];
}

function tooMany(count: number, axes: readonly MatrixAxis[], source: JsonSource): Diagnostic[] {
  if (count <= MAX_CELLS) return [];
  const product = axes.map(({ values }) => values.length).join(' x ');
  return [
    {
      code: 'PIPELINE_MATRIX_TOO_LARGE',
      message: `The matrix has ${product} = ${count} cells, but at most ${MAX_CELLS} can run together. Shorten a list, or fix an axis with --set.`,
      location: matrixPlace(source),
    },
  ];
}

function matrixPlace(source: JsonSource): DiagnosticLocation {
  return source.locate(['matrix']) ?? { file: source.file };
}

function cellsOf(axes: readonly MatrixAxis[], source: JsonSource): MatrixCell[] {
  return axes.reduce<MatrixCell[]>(
    (cells, axis) => {
      const isVariants = axis.path === VARIANT_AXIS;
      const texts = isVariants ? axis.values.map(String) : valueTexts(axis.values);
      return cells.flatMap((cell) =>
        axis.values.map((value, at) => {
          const parts = [...cell.parts, `${axis.name}=${texts[at]}`];
          const named = { id: parts.join(','), parts, values: { ...cell.values, [axis.name]: value } };
          if (isVariants) return { ...cell, ...named, ...(value !== NO_VARIANT && { variant: String(value) }) };
          return { ...cell, ...named, overrides: [...cell.overrides, overrideOf(axis.path, value, at, source)] };
        }),
      );
    },
    [ONE_CELL],
  );
}

/** `#` and brackets have a meaning in names of stages, commas and `=` in those of cells. */
const SHORT_WORD = /^[\w./-]{1,24}$/;

function valueTexts(values: readonly unknown[]): string[] {
  const texts = values.map((value) =>
    typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && SHORT_WORD.test(value))
      ? String(value)
      : undefined,
  );
  return texts.map((text, at) =>
    text === undefined || texts.indexOf(text) !== texts.lastIndexOf(text) ? `@${at + 1}` : text,
  );
}

function overrideOf(path: string, value: unknown, at: number, source: JsonSource): Override {
  const place = ['matrix', path, at];
  return {
    path,
    value,
    location: source.locate(place) ?? axisPlace(path, source),
    writtenIn: source.writtenIn(place),
  };
}

function axisPlace(path: string, source: JsonSource): DiagnosticLocation {
  return source.locateKey(['matrix', path]) ?? { file: source.file };
}
