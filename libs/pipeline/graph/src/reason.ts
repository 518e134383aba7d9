import { readSettingPath } from '@retort/pipeline-schema';
import type { StageRecord } from '@retort/store';
import { compareKeyDocuments, type KeyDifference } from './compare-key-documents.ts';
import type { KeyDocument } from './plan.ts';

/** Records that are looked at for the nearest one; a stage that ran more often than that is compared with its newest. */
const COMPARED_RECORDS = 50;
const SHOWN_DIFFERENCES = 2;

/** Why a stage runs, in one line: what differs from the most similar record of its kind. */
export function reasonToRun(key: string, document: KeyDocument, records: readonly StageRecord[]): string {
  if (records.some((record) => record.key === key)) return 'its stored outputs are gone';
  const [nearest] = records
    .slice(0, COMPARED_RECORDS)
    .map((record) => compareKeyDocuments(record.keyDocument, document))
    .sort((a, b) => a.length - b.length);
  return nearest === undefined ? 'never run' : summary(nearest);
}

function summary(differences: readonly KeyDifference[]): string {
  const lines = [...new Set(differences.map(describeDifference))];
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
