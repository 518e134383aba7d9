import { InvalidInputError, UsageError } from '@retort/diagnostics';
import { withDefaults } from '@retort/pipeline-schema';
import { importModel } from '@retort/stage-import-model';
import type { Architecture, Facts } from '@retort/stage-kit';

export interface ModelFacts {
  readonly architecture: Architecture;
  /** Names of the classes of its head; missing when it has none. */
  readonly labels?: readonly string[];
}

/**
 * What a model folder says of itself, from its headers: nothing of its weights is read.
 *
 * @throws InvalidInputError with everything that keeps `import-model` from reading it
 */
export async function readModelFacts(folder: string): Promise<ModelFacts> {
  const bare = await inspect(folder, 'none');
  if (bare.problems.length > 0) throw new InvalidInputError(bare.problems);
  const { architecture } = bare.facts;
  if (architecture === undefined)
    throw new UsageError('INIT_MODEL', `The geometry of the model in ${folder} cannot be told from its config.json.`);
  // A head that cannot be read is trained anew, as if there were none.
  const headed = await inspect(folder, 'huggingface');
  const labels = headed.problems.length === 0 ? headed.facts.labels : undefined;
  return { architecture, ...(labels !== undefined && { labels }) };
}

async function inspect(
  folder: string,
  head: string,
): Promise<{ facts: Facts; problems: { code: string; message: string }[] }> {
  const { path } = importModel.inputs['model'] ?? {};
  const config = withDefaults(importModel.configSchema, { head });
  const found = await path?.inspect?.(folder, config);
  return { facts: found?.facts ?? {}, problems: [...(found?.problems ?? [])] };
}
