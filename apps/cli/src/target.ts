import { UsageError } from '@retort/diagnostics';

export interface PipelineTarget {
  /** A name such as `task-distill`, or the path of a file. */
  readonly pipeline: string;
  readonly variant?: string;
}

/**
 * Reads `<name or file>[:variant]`. A colon within a path (`C:\x`, `a:b/c.pipeline.json`) starts no variant.
 *
 * @throws UsageError when `--variant` names another one, or the variant is empty
 */
export function readTarget(text: string, option?: string): PipelineTarget {
  const colon = text.lastIndexOf(':');
  const suffix = colon > 0 ? text.slice(colon + 1) : undefined;
  const isPath = suffix === undefined || /[\\/]|\.json$/.test(suffix);
  const pipeline = isPath ? text : text.slice(0, colon);
  const named = isPath ? undefined : suffix;
  if (named === '' || option === '')
    throw new UsageError(
      'USAGE_EMPTY_VARIANT',
      `The variant in ${JSON.stringify(text)} is empty. Leave out the colon to run without one.`,
    );
  if (named !== undefined && option !== undefined && named !== option) {
    throw new UsageError(
      'USAGE_TWO_VARIANTS',
      `${JSON.stringify(text)} names the variant "${named}", but --variant says "${option}". Give one of them.`,
    );
  }
  const variant = named ?? option;
  return variant === undefined ? { pipeline } : { pipeline, variant };
}
