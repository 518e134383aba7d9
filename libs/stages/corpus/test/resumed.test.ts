import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { withDefaults } from '@retort/pipeline-schema';
import { StageInterrupted } from '@retort/plugin-kit';
import { createTestContext, type TestContext } from '@retort/plugin-kit/testing';
import { corpus } from '@retort/stage-corpus';
import { run } from '@retort/stage-corpus/run';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

/** Record batches of every case: they hold 8192 rows or a few more. */
const BATCHES = 3;
const SENTENCES = 8192 * 2 + 3000;
const root = mkdtempSync(join(tmpdir(), 'retort-resumed-corpus-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Lines of documents of 1 to 90 sentences, with an empty line between two. */
function documents(): string {
  const lines: string[] = [];
  for (let i = 0, left = 0, document = 0; i < SENTENCES; i++, left--) {
    if (left === 0) {
      if (i > 0) lines.push('');
      left = 1 + ((document++ * 37) % 90);
    }
    lines.push(`Sentence ${i} of many.`);
  }
  return lines.join('\n');
}

writeFileSync(join(root, 'a.txt'), documents());
writeFileSync(join(root, 'b.txt.gz'), gzipSync(documents()));
writeFileSync(join(root, 'one.txt'), documents().replaceAll('\n\n', '\n'));

const CASES: readonly (readonly [name: string, settings: object, files: string | undefined])[] = [
  ['synthetic', { source: { kind: 'synthetic', documents: 2000, sentencesPerDocument: 10 } }, undefined],
  ['a text', { source: { kind: 'files' } }, join(root, 'a.txt')],
  ['a text that is one document', { source: { kind: 'files' } }, join(root, 'one.txt')],
  ['some sentences of two texts', { source: { kind: 'files', maxSentences: SENTENCES + 101 } }, root],
  ['some documents of three texts', { source: { kind: 'files', maxDocuments: 400 } }, root],
];

async function attempt([, settings, files]: (typeof CASES)[number], checkpointFolder?: string) {
  const context = await createTestContext({
    config: withDefaults(corpus.configSchema, settings) as Config,
    inputs:
      files === undefined ? {} : { files: { type: 'text', path: files, ...(files === root && { files: allFiles() }) } },
    outputs: { text: 'text' },
    ...(checkpointFolder === undefined ? {} : { checkpointFolder, checkpointEverySteps: 1 }),
  });
  onTestFinished(() => context.remove());
  return context;
}

const allFiles = () => ['a.txt', 'b.txt.gz', 'one.txt'].map((name) => join(root, name));
const fileOf = ({ outputs }: TestContext<Config>) => readFileSync(join(outputs['text']!.path, 'text.arrow'), 'hex');

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-corpus-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

class Killed extends Error {}

/** Ends at the `after`th batch, and not quietly. */
async function brokenOff(each: (typeof CASES)[number], folder: string, { how, after }: { how: string; after: number }) {
  const context = await attempt(each, folder);
  let batches = 0;
  const progress = () => {
    if (++batches !== after) return;
    if (how === 'kill') throw new Killed();
    context.interrupt();
  };
  await expect(run({ ...context, progress })).rejects.toThrow(how === 'kill' ? Killed : StageInterrupted);
}

describe.each(CASES)('a corpus of %s, broken off', (...each) => {
  it.each(['kill', 'interrupt'])('by a %s and resumed gives the same bytes and figures', async (how) => {
    const whole = await attempt(each);
    const result = await run(whole);
    for (let after = 1; after < BATCHES; after++) {
      const folder = temporaryFolder();
      await brokenOff(each, folder, { how, after });
      const next = await attempt(each, folder);
      expect(await run(next)).toEqual(result);
      expect(fileOf(next)).toBe(fileOf(whole));
      const isSaved = how === 'interrupt' || after > 1;
      expect(next.logs.some((line) => /^Resumed after [1-9]\d+ sentences\.$/.test(line))).toBe(isSaved);
    }
  });
});

describe('a corpus that is broken off', () => {
  const each = CASES[1]!;

  it('has nothing left to do when its table was whole', async () => {
    const folder = temporaryFolder();
    const first = await attempt(each, folder);
    const result = await run(first);
    const again = await attempt(each, folder);
    expect(await run(again)).toEqual(result);
    expect(again.progresses).toEqual([]);
    expect(fileOf(again)).toBe(fileOf(first));
  });

  it('begins anew, with a warning, when what it wrote is damaged', async () => {
    const whole = await attempt(each);
    await run(whole);
    const folder = temporaryFolder();
    await brokenOff(each, folder, { how: 'interrupt', after: 2 });
    truncateSync(join(folder, 'text.arrow'), 100);
    const next = await attempt(each, folder);
    await run(next);
    expect(next.warnings).toEqual([expect.stringContaining('is not used'), expect.stringContaining('is not used')]);
    expect(fileOf(next)).toBe(fileOf(whole));
  });

  it('does not count its input again', async () => {
    const folder = temporaryFolder();
    await brokenOff(each, folder, { how: 'interrupt', after: 1 });
    // Asked as often for each time that the input is read.
    const timesAsked = async (context: TestContext<Config>) => {
      let times = 0;
      await run({ ...context, throwIfInterrupted: () => void times++ });
      return times;
    };
    const whole = await timesAsked(await attempt(each));
    expect(await timesAsked(await attempt(each, folder))).toBe(whole / 2);
  });
});
