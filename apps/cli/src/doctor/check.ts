/** What `retort doctor` found out about one thing. */
export interface Check {
  readonly name: string;
  /** `missing`: works without it. `failed`: something that is needed does not work. */
  readonly status: 'ok' | 'missing' | 'failed';
  readonly detail: string;
  /** What to type to get it. */
  readonly remedy?: string;
}
