/**
 * The value below which a share of `sorted` lies, interpolated linearly between the two nearest: position
 * (n - 1) · share, as NumPy's default and R's type 7. NaN of no values.
 *
 * @param sorted  ascending
 * @param share  0…1: 0.5 is the median
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (high - low) * (position - below);
}
