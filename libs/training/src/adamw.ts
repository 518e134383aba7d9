import type { ParameterSet } from '@retort/engine';
import { Optimizer, type OptimizerConfig } from './optimizer.ts';

export type AdamWConfig = Omit<OptimizerConfig, 'kind' | 'clipping'>;

/** The optimizer `adamw`, clipped over all parameters together. */
export class AdamW extends Optimizer {
  constructor(parameters: ParameterSet, config: AdamWConfig) {
    super(parameters, { ...config, kind: 'adamw', clipping: 'global' });
  }
}
