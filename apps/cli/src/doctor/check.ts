import type { EngineName } from '@retort/plugin-kit';

/** What `retort doctor` found out about one thing. */
export interface Check {
  readonly name: string;
  /** `missing`: works without it. `failed`: something that is needed does not work. */
  readonly status: 'ok' | 'missing' | 'failed';
  readonly detail: string;
  /** What to type to get it. */
  readonly remedy?: string;
}

export interface EngineCheck extends Check {
  readonly engine: EngineName;
  /** Of the libraries; missing when it does not load. */
  readonly version?: string;
  /** What it computes on; missing when it does not load. */
  readonly hardware?: string;
  /** What it cannot do, or does worse than others. */
  readonly limits: readonly string[];
}
