import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { digestTree } from '@retort/foundation/digest';
import { withDefaults } from '@retort/pipeline-schema';
import { createTestContext } from '@retort/plugin-kit/testing';
import { corpus } from '@retort/stage-corpus';
import { run } from '@retort/stage-corpus/run';
import { streamText, type TextRow } from '@retort/tables';
import { describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

function configOf(settings: object): Config {
  return withDefaults(corpus.configSchema, settings) as Config;
}

async function runCorpus(settings: object, options: { paths?: string[]; label?: string; seed?: number } = {}) {
  const { paths, label = 'corpus.txt', seed = 42 } = options;
  const input = paths && { type: 'text' as const, path: paths[0] as string, files: paths, digest: '0', label };
  const context = await createTestContext({
    config: configOf(settings),
    seed,
    outputs: { text: 'text' },
    ...(input && { inputs: { files: input } }),
  });
  onTestFinished(() => context.remove());
  const result = await run(context);
  const folder = context.outputs['text']!.path;
  const rows: TextRow[] = [];
  for await (const batch of streamText(join(folder, 'text.arrow'))) rows.push(...batch);
  return { rows, result, digest: (await digestTree(folder)).digest, warnings: context.warnings };
}

async function fileOf(content: string | Uint8Array, name = 'corpus.txt'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'corpus-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const files = (settings: object = {}, validationFraction = 0) => ({
  source: { kind: 'files', ...settings },
  validationFraction,
});
const sentences = (rows: readonly TextRow[]) => rows.map(({ document, sentence }) => `${document} ${sentence}`);

describe('corpus from files', () => {
  it('splits paragraphs into sentences and ends a document at a blank line', async () => {
    const path = await fileOf('One here. Two here.\nThree here.\n\n\nOther text.\n');
    const { rows, result } = await runCorpus(files(), { paths: [path] });
    expect(sentences(rows)).toEqual(['0 One here.', '0 Two here.', '0 Three here.', '1 Other text.']);
    expect(result.rows).toEqual({ text: 4 });
  });

  it('takes a line as a sentence, or as a document, where told so', async () => {
    const path = await fileOf(gzipSync('One here. Two here.\nThree here.\n\nOther text.\n'));
    expect(sentences((await runCorpus(files({ unit: 'line' }), { paths: [path] })).rows)).toEqual([
      '0 One here. Two here.',
      '0 Three here.',
      '1 Other text.',
    ]);
    expect(sentences((await runCorpus(files({ unit: 'document' }), { paths: [path] })).rows)).toEqual([
      '0 One here.',
      '0 Two here.',
      '1 Three here.',
      '2 Other text.',
    ]);
  });

  it('reads JSON lines, and several files one after the other', async () => {
    const first = await fileOf('{"body": "One. Two.\\nThree"}\n\n{"body": "Four"}\n', 'a.jsonl');
    const second = await fileOf('{"body": "Five"}', 'b.jsonl');
    const { rows } = await runCorpus(files({ format: 'jsonl', textField: 'body' }), { paths: [first, second] });
    expect(sentences(rows)).toEqual(['0 One.', '0 Two.', '0 Three', '1 Four', '2 Five']);
  });

  it('samples from the whole input, and cuts what does not follow into documents of its own', async () => {
    const text = Array.from({ length: 50 }, (_, d) =>
      Array.from({ length: 100 }, (_, s) => `Book ${d} line ${s}.`).join('\n'),
    ).join('\n\n');
    const { rows } = await runCorpus(files({ maxSentences: 1000 }), { paths: [await fileOf(text)] });
    expect(rows.length).toBeLessThanOrEqual(1000);
    expect(rows.length).toBeGreaterThan(930);
    const books = new Set(rows.map(({ sentence }) => Number(/Book (\d+)/.exec(sentence)?.[1])));
    expect(Math.min(...books)).toBeLessThan(5);
    expect(Math.max(...books)).toBeGreaterThanOrEqual(45);
    for (let i = 1; i < rows.length; i++) {
      const [before, after] = [rows[i - 1] as TextRow, rows[i] as TextRow];
      const line = (row: TextRow) => Number(/line (\d+)/.exec(row.sentence)?.[1]);
      if (before.document === after.document) expect(line(after)).toBe(line(before) + 1);
    }
  });

  it('takes as many documents as asked for', async () => {
    const text = Array.from({ length: 40 }, (_, d) => `Book ${d} line.`).join('\n\n');
    const { rows } = await runCorpus(files({ maxDocuments: 7 }), { paths: [await fileOf(text)] });
    expect(rows.length).toBe(7);
  });

  it('keeps validation to other documents than training', async () => {
    const text = Array.from({ length: 40 }, (_, d) => `Book ${d} one.\nBook ${d} two.`).join('\n\n');
    const { rows } = await runCorpus(files({}, 0.1), { paths: [await fileOf(text)] });
    const splits = new Map(rows.map(({ document, split }) => [document, split]));
    expect([...splits.values()].filter((split) => split === 'validation').length).toBe(4);
    expect(rows.every(({ document, split }) => splits.get(document) === split)).toBe(true);
  });

  it.each([
    ['not UTF-8', Buffer.from('good line\nbad \xe9 line\n', 'latin1'), {}],
    ['a line without end', `good\n${'x'.repeat(5000)}\n`, { maxBytesPerLine: 2048 }],
    ['not JSON', '{"text": "a"}\n{"text": \n', { format: 'jsonl' }],
    ['no such member', '{"txt": "a"}\n', { format: 'jsonl' }],
    ['nothing', '\n \n\n', {}],
  ])('refuses %s, with the place', async (_, content, settings) => {
    const path = await fileOf(content as string);
    await expect(runCorpus(files(settings), { paths: [path] })).rejects.toThrowErrorMatchingSnapshot();
  });
});

describe('synthetic corpus', () => {
  const settings = { source: { kind: 'synthetic', documents: 60, sentencesPerDocument: 5 } };

  it('has as many sentences as asked for, and a twentieth of the documents for validation', async () => {
    const { rows } = await runCorpus(settings);
    expect(rows.length).toBe(300);
    expect(rows.filter(({ split }) => split === 'validation').length).toBe(15);
  });

  it('gives the same bytes for the same seed and others for another', async () => {
    const { digest } = await runCorpus(settings);
    expect((await runCorpus(settings)).digest).toBe(digest);
    expect((await runCorpus(settings, { seed: 43 })).digest).not.toBe(digest);
  });

  it('stops when asked to', async () => {
    const context = await createTestContext({ config: configOf(settings), outputs: { text: 'text' } });
    onTestFinished(() => context.remove());
    context.interrupt();
    await expect(run(context)).rejects.toMatchObject({ code: 'STAGE_INTERRUPTED' });
  });
});

describe('the definition of corpus', () => {
  const view = (settings: object, inputs: object) => ({ config: configOf(settings), inputs, engine: 'onnx' }) as never;

  it('wants the input exactly when the source is files', () => {
    expect(corpus.check?.(view(files(), {}))?.map(({ code }) => code)).toEqual(['CORPUS_FILES_MISSING']);
    expect(corpus.check?.(view({}, { files: {} }))?.map(({ code }) => code)).toEqual(['CORPUS_FILES_UNUSED']);
    expect(corpus.check?.(view(files(), { files: {} }))).toEqual([]);
    expect(corpus.check?.(view({}, {}))).toEqual([]);
  });

  it('knows the rows of a synthetic corpus beforehand', () => {
    expect(corpus.describe?.(view({}, {}))).toEqual({ text: { rows: 4800 } });
  });
});

const BOOKS = fileURLToPath(new URL('../../../../../shared/data/corpus/books.txt.gz', import.meta.url));

describe.skipIf(!existsSync(BOOKS))('125 real books (needs ../shared/data/corpus/books.txt.gz)', () => {
  it('are sampled from the first to the last', async () => {
    const { rows } = await runCorpus(files({ maxSentences: 20_000 }, 0.05), { paths: [BOOKS], label: 'books.txt.gz' });
    expect(rows.length).toBeGreaterThan(19_900);
    const words = rows.map(({ sentence }) => sentence.split(' ').length);
    const mean = words.reduce((sum, count) => sum + count, 0) / words.length;
    expect(mean).toBeGreaterThan(10);
    expect(mean).toBeLessThan(40);
    expect(rows.filter(({ split }) => split === 'validation').length).toBeGreaterThan(200);
  }, 120_000);
});
