import { ShapeError } from '@retort/foundation/diagnostics';

interface Shaped {
  readonly shape: readonly number[];
}

/** Names an axis ("batch") or fixes its size (12). A name used twice in one call must have one size. */
export type Axis = string | number;

/**
 * Checks documented shapes at a function's entry and returns the sizes that the axis names turned out to have. A tensor
 * that is undefined (an optional argument) is passed over.
 *
 * `assertShapes('attentionScoreLoss', { student: [student, ['batch', 'heads', 'query', 'key']], teacher: [...] })`
 *
 * @throws ShapeError naming the function, the tensor, expected and got
 */
export function assertShapes<Name extends string>(
  where: string,
  tensors: Record<Name, readonly [Shaped | undefined, readonly Axis[]]>,
): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const [name, [tensor, axes]] of Object.entries<readonly [Shaped | undefined, readonly Axis[]]>(tensors)) {
    if (tensor === undefined) continue;
    const fits =
      tensor.shape.length === axes.length &&
      axes.every((axis, i) => {
        const size = tensor.shape[i] as number;
        if (typeof axis === 'number') return axis === size;
        sizes[axis] ??= size;
        return sizes[axis] === size;
      });
    if (!fits) {
      const expected = axes.map((axis) =>
        typeof axis === 'number' ? axis : `${axis}${sizes[axis] === undefined ? '' : `=${sizes[axis]}`}`,
      );
      throw new ShapeError(`${where}: ${name} must be [${expected.join(', ')}], got [${tensor.shape.join(', ')}].`);
    }
  }
  return sizes;
}
