/** A figure with the confidence interval around it. Both ends belong to it. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
