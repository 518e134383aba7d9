/** How far an engine may be from the oracle. */
export interface Tolerance {
  /** Largest difference of an array's values, in units of the array's largest value. */
  readonly limit: number;
  /** Arrays whose largest value is below this share of the largest of the whole case are compared in units of that share. */
  readonly floor: number;
}

export const TOLERANCES = {
  /**
   * float32 keeps 6e-8 of a number, engines add in different orders, and tfjs approximates erf to 1.5e-7. The floor: what
   * is left of numbers near 1 that cancel out is rounding.
   */
  float32: { limit: 1e-5, floor: 0.1 },
  /** As above, for gradients of a model, which differ in size from layer to layer; that of a key's bias is rounding alone. */
  gradients: { limit: 1e-5, floor: 0.01 },
  /** Rounding of 50 steps, each of which goes on from the last. */
  steps: { limit: 1e-5, floor: 0.01 },
  /** A mask and its product with a number are exact. */
  exact: { limit: 0, floor: 1 },
  /** A value that lies between two float16 numbers may be rounded to either; they are 2^-10 apart. */
  float16: { limit: 2 ** -10, floor: 0.01 },
} as const satisfies Readonly<Record<string, Tolerance>>;
