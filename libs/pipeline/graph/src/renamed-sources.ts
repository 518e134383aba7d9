import { byInput, inputEntries } from '@retort/foundation/inputs';
import type { ResolvedStage } from './graph.ts';
import type { InputSource } from './plan.ts';

/** Where a stage's inputs come from, with the stages before it under other ids. */
export function renamedSources(
  { inputs }: Pick<ResolvedStage, 'inputs'>,
  rename: (id: string) => string,
): ResolvedStage['inputs'] {
  return byInput(
    inputEntries(inputs).map(([name, source]): [string, InputSource] => [
      name,
      source.kind === 'stage' ? { ...source, stage: rename(source.stage) } : source,
    ]),
  );
}
