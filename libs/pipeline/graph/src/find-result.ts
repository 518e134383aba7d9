import type { StageRecord } from '@retort/store';
import type { RecordLookup, ResolvedStage } from './graph.ts';

/** The record of a stage's key, if it names just the outputs that the stage has. No run writes others, but whoever may write a store can. */
export async function findResult(
  records: Pick<RecordLookup, 'findRecord'>,
  key: string,
  { outputs }: Pick<ResolvedStage, 'outputs'>,
): Promise<StageRecord | undefined> {
  const record = await records.findRecord(key);
  const isSame = record !== undefined && sorted(record.outputs) === sorted(outputs);
  return isSame ? record : undefined;
}

function sorted(outputs: object): string {
  return JSON.stringify(Object.keys(outputs).sort());
}
