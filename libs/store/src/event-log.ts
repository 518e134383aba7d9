import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { digestBytes } from '@retort/foundation/digest';
import { readWhole } from './files.ts';

const SUM_DIGITS = 16;
/** More than a run of months writes. */
const MOST_BYTES = 2 ** 30;
const NEWLINE = 10;

export interface EventLogFiles {
  readonly events: string;
  /** A line for each line of the events: a sum of it and of all before. */
  readonly sums: string;
}

/** Appends JSON lines that can be told later from damaged ones. One writer, from the first line on. */
export class EventLog {
  readonly #files: EventLogFiles;
  #sum = '';

  constructor(files: EventLogFiles) {
    this.#files = files;
  }

  /** Synchronous: what was said before a crash is written. When it throws, nothing was appended. */
  append(event: unknown): void {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    const sum = sumOf(this.#sum, line);
    // The sum first: every line that is there has one.
    const undo = appendWhole(this.#files.sums, Buffer.from(`${sum}\n`));
    try {
      appendWhole(this.#files.events, line);
    } catch (error) {
      undo();
      throw error;
    }
    this.#sum = sum;
  }
}

/**
 * What is wrong with an event log; undefined when nothing is.
 *
 * @param isFinished  whether its run has ended by itself. Otherwise the last line may be missing or cut: it was being written.
 */
export async function findEventDamage(
  files: EventLogFiles,
  { isFinished }: { isFinished: boolean },
): Promise<string | undefined> {
  const [events, sums] = [await linesOf(files.events), await linesOf(files.sums)];
  if (events === undefined && sums === undefined) return undefined;
  if (sums === undefined) return 'its checksums are missing or unreadable, so it cannot be checked';
  const lines = events?.whole ?? [];
  let before = '';
  for (const [i, line] of lines.entries()) {
    const sum = sumOf(before, line);
    if (sum !== sums.whole[i]?.toString().trimEnd()) return `line ${i + 1} has changed since it was written`;
    before = sum;
  }
  const missing = sums.whole.length - lines.length;
  if (missing > (isFinished ? 0 : 1))
    return events === undefined ? 'it is missing or unreadable' : `${missing} lines are missing at its end`;
  return isFinished && (events?.isCut || sums.isCut) ? 'its last line is incomplete' : undefined;
}

/** Takes away what a writer that died left of a line, so that the log is whole up to there. */
export async function mendEventLog(files: EventLogFiles): Promise<void> {
  const [events, sums] = [await linesOf(files.events), await linesOf(files.sums)];
  if (events === undefined || sums === undefined) return;
  if (events.isCut) cut(files.events, bytesOf(events.whole));
  const isAhead = sums.whole.length === events.whole.length + 1;
  if (sums.isCut || isAhead) cut(files.sums, bytesOf(isAhead ? sums.whole.slice(0, -1) : sums.whole));
}

function bytesOf(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

function sumOf(before: string, line: Uint8Array): string {
  return digestBytes(Buffer.concat([Buffer.from(before), line])).slice(0, SUM_DIGITS);
}

/** Undefined when the file is absent, or is none that a run writes. */
async function linesOf(path: string): Promise<{ whole: Buffer[]; isCut: boolean } | undefined> {
  const bytes = await readWhole(path, MOST_BYTES);
  if (bytes === undefined) return undefined;
  const whole: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    whole.push(bytes.subarray(start, end + 1));
    start = end + 1;
  }
  return { whole, isCut: start < bytes.length };
}

/**
 * All of the text or none of it: a disk that fills up in the middle would join half a line with the next.
 *
 * @returns takes it back
 */
function appendWhole(path: string, bytes: Uint8Array): () => void {
  const file = openSync(path, 'a');
  try {
    const { size } = fstatSync(file);
    try {
      writeFully(file, bytes);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
    return () => cut(path, size);
  } finally {
    closeSync(file);
  }
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function cut(path: string, size: number): void {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}
