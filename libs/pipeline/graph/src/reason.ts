import { readSettingPath } from '@retort/pipeline-schema';
import type { StageRecord } from '@retort/store';
import { compareKeyDocuments, type KeyDifference } from './compare-key-documents.ts';
import type { KeyDocument } from './plan.ts';
import { plainStageId } from './shared-stage-ids.ts';

/** Records that are looked at for the nearest one; a stage that ran more often than that is compared with its newest. */
const COMPARED_RECORDS = 50;
const SHOWN_DIFFERENCES = 2;

interface NamedStage {
  readonly id: string;
  /** The one that is planned; the id names another one that it refers to. */
  readonly pipeline: string;
}

/** Why a stage runs, in one line: what differs from the most similar record. */
export function reasonToRun(
  { key, keyDocument, ...stage }: NamedStage & { readonly key: string; readonly keyDocument: KeyDocument },
  records: readonly StageRecord[],
): string {
  if (records.some((record) => record.key === key)) return 'its stored outputs are gone';
  const nearest = nearestRecord(stage, records.slice(0, COMPARED_RECORDS), (record) =>
    compareKeyDocuments(record.keyDocument, keyDocument),
  );
  return nearest === undefined ? 'never run' : summary(nearest.differences);
}

/**
 * The record that a stage is compared with: the one that differs least; of equals, that of the same stage, then the newest.
 * A record of another stage counts only if its differences fit in a line: with more than that it is other work.
 */
export function nearestRecord(
  stage: NamedStage,
  records: readonly StageRecord[],
  differencesOf: (record: StageRecord) => readonly KeyDifference[],
): { readonly record: StageRecord; readonly differences: readonly KeyDifference[] } | undefined {
  return records
    .map((record) => ({ record, differences: differencesOf(record), isOwn: isOf(stage, record) }))
    .sort((a, b) => a.differences.length - b.differences.length || Number(b.isOwn) - Number(a.isOwn))
    .find(({ differences, isOwn }) => isOwn || describe(differences).length <= SHOWN_DIFFERENCES);
}

function isOf({ id, pipeline }: NamedStage, { provenance }: StageRecord): boolean {
  const { stage, pipeline: recorded } = provenance;
  if (typeof stage !== 'string' || typeof recorded !== 'string') return false;
  return qualified(stage, recorded.replace(/:.*$/s, '')) === qualified(id, pipeline);
}

/** `general-distill#corpus`, in whichever cell, and from wherever it is referred to. */
function qualified(id: string, pipeline: string): string {
  const plain = plainStageId(id);
  return plain.includes('#') ? plain : `${pipeline}#${plain}`;
}

function describe(differences: readonly KeyDifference[]): string[] {
  return [...new Set(differences.map(describeDifference))];
}

function summary(differences: readonly KeyDifference[]): string {
  const lines = describe(differences);
  const hidden = lines.length - SHOWN_DIFFERENCES;
  return [...lines.slice(0, SHOWN_DIFFERENCES), ...(hidden > 0 ? [`${hidden} more`] : [])].join(', ');
}

function describeDifference({ path, before, after }: KeyDifference): string {
  const [head, ...rest] = readSettingPath(path).parts;
  if (path === 'code.digest') return 'code of the stage changed';
  if (head === 'code') return `package ${rest[1]}: ${show(before)} -> ${show(after)}`;
  if (head === 'inputs') return inputChange(rest.join('.'), before, after);
  if (head === 'outputs') return 'outputs changed';
  return `${path}: ${show(before)} -> ${show(after)}`;
}

function inputChange(input: string, before: unknown, after: unknown): string {
  if (input === '') return 'inputs changed';
  return `input ${input} ${before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
