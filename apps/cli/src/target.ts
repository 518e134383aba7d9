import { UsageError } from '@retort/foundation/diagnostics';

export interface PipelineTarget {
  /** A name such as `task-distill`, or the path of a file. */
  readonly pipeline: string;
  readonly variant?: string;
  /** Cells of the matrix, as `--only-cell` takes them. */
  readonly cell?: string;
}

/** A text of the command line, and the cells that it names behind it. */
export interface CellTarget {
  readonly text: string;
  readonly cell?: string;
}

/**
 * Reads `<pipeline, file or run>[@cell]`: `sst2@seed=1,weight=0` is one cell, `sst2@seed=1` are all with that value. An axis
 * goes by its name or its path (`sst2@params.rate=1e-5`). An `@` within a path (`a@b=c/d.pipeline.json`) starts no cell.
 */
export function readCellTarget(target: string): CellTarget {
  const [, text = target, cell] = /^(.+?)@((?:\\.|[^\\/@=])+=.*)$/s.exec(target) ?? [];
  const isInPath = /[\\/]/.test(text) && !/\.json(:[^:\\/]*)?$/.test(text);
  return cell === undefined || isInPath ? { text: target } : { text, cell };
}

/**
 * Reads `<name or file>[:variant][@cell]`. A colon within a path (`C:\x`, `a:b/c.pipeline.json`) starts no variant.
 *
 * @throws UsageError when `--variant` names another one, or the variant is empty
 */
export function readTarget(target: string, option?: string): PipelineTarget {
  const { text, cell } = readCellTarget(target);
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
      `${JSON.stringify(text)} names the variant "${named}", but --variant is "${option}". Give only one of them.`,
    );
  }
  const variant = named ?? option;
  return { pipeline, ...(variant !== undefined && { variant }), ...(cell !== undefined && { cell }) };
}
