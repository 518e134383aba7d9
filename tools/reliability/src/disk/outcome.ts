/** Of one try on a small disk. */
export interface Outcome {
  readonly fault?: string | undefined;
  readonly seen: string;
}
