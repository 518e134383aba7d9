import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder } from '@retort/lab';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { corpus as corpusStage } from '@retort/stage-corpus';
import { run as runCorpus } from '@retort/stage-corpus/run';
import { taskData } from '@retort/stage-task-data';
import { run as runTaskData } from '@retort/stage-task-data/run';
import fc from 'fast-check';
import { type Limits, withinLimits } from './within-limits.ts';

/** What patterns of sentences, words, columns and JSON look for, and what almost is. */
const PIECES = [
  '.',
  '!?',
  '…',
  '。',
  '."',
  '"',
  '""',
  "'",
  ')',
  '「',
  ' ',
  '\t',
  ',',
  ';',
  '\\',
  '\\"',
  '{',
  '[',
  ']',
  '}',
];
const WORDS = [
  'a',
  'A',
  'Mr',
  'p',
  '5',
  'J.',
  'e\u0301',
  '\u{1F600}',
  '中',
  '\u00a0',
  '\u200b',
  '\ufffd',
  '0',
  '-1',
  'null',
];
const CHARACTERS = 200_000;
const LIMITS: Limits = { seconds: 20, megabytes: 1024 };

/** A long line of one or a few things over and over, with something else at its end. */
const lines = fc
  .tuple(
    fc.array(fc.constantFrom(...PIECES, ...WORDS), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
    fc.array(fc.constantFrom(...PIECES, ...WORDS, 'End', '\n'), { maxLength: 4 }).map((pieces) => pieces.join('')),
  )
  .map(([piece, end]) => piece.repeat(Math.ceil(CHARACTERS / piece.length)) + end);

/** How the readers of text are given a line. */
const READERS: Readonly<Record<string, (line: string, folder: string) => Promise<unknown>>> = {
  'corpus, paragraphs': (line, folder) => corpus({ kind: 'files' }, line, folder),
  'corpus, JSON lines': (line, folder) =>
    corpus({ kind: 'files', format: 'jsonl' }, JSON.stringify({ text: line }), folder),
  'corpus, JSON lines as they come': (line, folder) => corpus({ kind: 'files', format: 'jsonl' }, line, folder),
  'tables, tabs': (line, folder) => table({ format: 'tsv' }, `text\tlabel\n${line}\t1\n`, folder),
  'tables, quotes': (line, folder) => table({ format: 'csv' }, `text,label\n"${line}",1\n`, folder),
  'tables, a header': (line, folder) => table({ format: 'csv' }, `${line}\n${line}\n`, folder),
  'tables, JSON lines': (line, folder) =>
    table({ format: 'jsonl' }, `${JSON.stringify({ text: line, label: line })}\n`, folder),
  'tables, several labels': (line, folder) =>
    table(
      { labels: { kind: 'multi-label', values: ['a', '5'] } },
      `text\tlabel\na\t${line.replaceAll('\n', ' ')}\n`,
      folder,
    ),
};

/** @throws Error with what went wrong, the smallest line and the reader */
export async function fuzzTexts(folder: string, { seed, rounds }: { seed: number; rounds: number }): Promise<string> {
  const result = await fc.check(
    fc.asyncProperty(lines, fc.constantFrom(...Object.keys(READERS)), (line, reader) =>
      inFolder(folder, async (own) => {
        const wrong = await withinLimits(() => (READERS[reader] as (typeof READERS)[string])(line, own), LIMITS);
        assert(wrong === undefined, `${reader}, ${JSON.stringify(line.slice(0, 40))}…: ${wrong}`);
      }),
    ),
    { seed, numRuns: rounds, endOnFailure: true },
  );
  assert(!result.failed, String(result.errorInstance));
  return `${rounds} rounds`;
}

async function corpus(source: object, content: string, folder: string): Promise<void> {
  const path = join(folder, 'text');
  await writeFile(path, `${content}\n`);
  const context = await createTestContext({
    config: withDefaults(corpusStage.configSchema, { source }) as never,
    inputs: { files: { type: 'text', path, digest: '0', label: 'text' } },
    outputs: { text: 'text' },
  });
  await runCorpus(context).finally(() => context.remove());
}

async function table(source: object, content: string, folder: string): Promise<void> {
  const path = join(folder, 'table');
  await writeFile(path, content);
  const settings = {
    kind: 'files',
    columns: { textA: 'text', label: 'label' },
    labels: { kind: 'classes', values: ['0', '1'] },
  };
  const input = { type: 'examples' as const, path, digest: '0', label: 'table' };
  const context = await createTestContext({
    config: withDefaults(taskData.configSchema, { source: { ...settings, ...source } }) as never,
    inputs: { train: input, validation: input },
    outputs: { examples: 'examples' },
  });
  await runTaskData(context).finally(() => context.remove());
}
