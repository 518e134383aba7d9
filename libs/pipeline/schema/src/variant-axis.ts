import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/foundation/diagnostics';
import type { JsonSource } from './json-source.ts';
import { isObject, type JsonObject, member, show } from './json-value.ts';
import type { MatrixAxis } from './matrix.ts';
import { isWithin, settingIn } from './setting-path.ts';

/** The axis of a matrix whose values are names of variants. No setting has this path. */
export const VARIANT_AXIS = 'variant';

/** On that axis: the file as it is, without any variant. */
export const NO_VARIANT = 'base';

/** Names that are no variants, a variant that is called as the file without one, and those that another axis undoes. */
export function variantAxisProblems(axes: readonly MatrixAxis[], source: JsonSource): Diagnostic[] {
  const variants = member(source.value, 'variants');
  const known = isObject(variants) ? variants : {};
  const values = axisOfVariants(axes)?.values ?? [];
  return values.flatMap((name, at) => {
    // Anything else than text is left to the schema.
    if (typeof name !== 'string') return [];
    const location = source.locate(['matrix', VARIANT_AXIS, at]) ?? axisPlace(source);
    return nameProblems(name, known, axes, source).map((problem) => ({ ...problem, location }));
  });
}

/** What is wrong with a variant that the command line chooses, where the cells of the matrix are of several. */
export function variantConflict(
  variant: string | undefined,
  axes: readonly MatrixAxis[],
  source: JsonSource,
): Diagnostic[] {
  const axis = axisOfVariants(axes);
  if (variant === undefined || axis === undefined) return [];
  const advice = axis.values.includes(variant)
    ? `To run only its cells: --only-cell ${VARIANT_AXIS}=${variant}`
    : 'Add it to the axis, or leave it out.';
  const message = `The matrix has an axis of variants, so the variant ${show(variant)} cannot be chosen for all of it. ${advice}`;
  return [{ code: 'PIPELINE_VARIANT_IS_AXIS', message, location: axisPlace(source) }];
}

export function axisOfVariants<Axis extends Pick<MatrixAxis, 'path'>>(axes: readonly Axis[]): Axis | undefined {
  return axes.find(({ path }) => path === VARIANT_AXIS);
}

function axisPlace(source: JsonSource): DiagnosticLocation {
  return source.locateKey(['matrix', VARIANT_AXIS]) ?? { file: source.file };
}

function nameProblems(
  name: string,
  variants: JsonObject,
  axes: readonly MatrixAxis[],
  source: JsonSource,
): Diagnostic[] {
  const isVariant = Object.hasOwn(variants, name);
  if (name === NO_VARIANT) return isVariant ? [nameTaken()] : [];
  return isVariant
    ? axes.flatMap((axis) => undone(name, member(variants, name), axis, source))
    : [unknown(name, variants)];
}

function nameTaken(): Diagnostic {
  const message = `On this axis ${show(NO_VARIANT)} means the file without a variant, but a variant has that name too. Rename the variant.`;
  return { code: 'PIPELINE_BAD_MATRIX', message };
}

function unknown(name: string, variants: JsonObject): Diagnostic {
  const choices = suggestion(name, [NO_VARIANT, ...Object.keys(variants)]);
  return { code: 'PIPELINE_UNKNOWN_VARIANT', message: `No variant is named ${show(name)}.${choices}` };
}

/** What the variant says and the axis replaces in every cell. */
function undone(name: string, overrides: unknown, { path: axis }: MatrixAxis, source: JsonSource): Diagnostic[] {
  const paths = isObject(overrides) ? Object.keys(overrides) : [];
  const around = settingIn(axis, source.writtenIn(['matrix', axis]), source);
  return paths
    .filter((path) => isWithin(settingIn(path, source.writtenIn(['variants', name, path]), source), around))
    .map((path) => ({
      code: 'PIPELINE_BAD_MATRIX',
      message: `The variant ${show(name)} sets ${show(path)}, which the axis ${show(axis)} overrides in every cell. Remove one of them.`,
    }));
}
