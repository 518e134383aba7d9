import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDefaults } from '@retort/pipeline-schema';
import { StageInterrupted } from '@retort/plugin-kit';
import { createTestContext, type TestContext } from '@retort/plugin-kit/testing';
import { tokenize } from '@retort/stage-tokenize';
import { run } from '@retort/stage-tokenize/run';
import { createExamplesWriter, createTextWriter } from '@retort/tables';
import { SPECIAL_TOKENS, saveTokenizer } from '@retort/tokenizer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

type Config = Parameters<typeof run>[0]['config'];

const BATCHES = 8;
const WORDS = ['the', 'fox', 'hen', 'saw', 'ran', '.'];
const root = mkdtempSync(join(tmpdir(), 'retort-resumed-tokenize-'));
afterAll(() => rmSync(root, { recursive: true }));

const sentence = (i: number) =>
  Array.from({ length: 2 + (i % 7) }, (_, word) => WORDS[(i + word) % WORDS.length]).join(' ');
const split = (i: number) => (i % 5 === 0 ? ('validation' as const) : ('train' as const));

beforeAll(async () => {
  await saveTokenizer(
    {
      tokens: [...SPECIAL_TOKENS, ...WORDS],
      normalizer: { lowercase: true, cleanText: true, handleChineseChars: true },
      maxCharactersPerWord: 100,
    },
    root,
  );
  const text = await createTextWriter(join(root, 'text.arrow'));
  const examples = await createExamplesWriter(join(root, 'examples.arrow'), {
    name: 't',
    task: { kind: 'classes', labels: ['no', 'yes'] },
  } as never);
  // Documents of four sentences: rows that are packed go on from one batch to the next.
  for (let batch = 0; batch < BATCHES; batch++) {
    const numbers = Array.from({ length: 6 }, (_, i) => batch * 6 + i);
    await text.append(
      numbers.map((i) => ({ document: Math.floor(i / 4), sentence: sentence(i), split: split(Math.floor(i / 4)) })),
    );
    await examples.append(numbers.map((i) => ({ textA: sentence(i), label: i % 2, split: split(i) })));
  }
  await text.close();
  await examples.close();
});

const CASES: readonly (readonly ['text' | 'examples', object])[] = [
  ['text', { maxSequenceLength: 16, packing: 'sentences' }],
  ['text', { maxSequenceLength: 16, packing: 'packed' }],
  ['text', { maxSequenceLength: 16, packing: 'packed', maxRows: 6 }],
  ['text', { maxSequenceLength: 16, packing: 'sentence-pairs' }],
  ['examples', { maxSequenceLength: 8 }],
];

async function attempt([source, settings]: (typeof CASES)[number], checkpointFolder?: string) {
  const type = source === 'text' ? 'tokens' : 'labelledTokens';
  const context = await createTestContext({
    config: withDefaults(tokenize.configSchema, settings) as Config,
    inputs: { tokenizer: { type: 'tokenizer', path: root }, [source]: { type: source, path: root } },
    outputs: { train: type, validation: type },
    ...(checkpointFolder === undefined ? {} : { checkpointFolder, checkpointEverySteps: 2 }),
  });
  onTestFinished(() => context.remove());
  return context;
}

const filesOf = ({ outputs }: TestContext<Config>) =>
  ['train', 'validation'].map((port) => readFileSync(join(outputs[port]?.path as string, 'tokens.arrow'), 'hex'));

class Killed extends Error {}

describe.each(CASES)('tokenizing %s with %j, broken off', (...each) => {
  const reference = async () => {
    const context = await attempt(each);
    return { result: await run(context), files: filesOf(context), logs: context.logs };
  };

  it.each(['kill', 'interrupt'] as const)('by a %s and resumed gives the same bytes and figures', async (how) => {
    const whole = await reference();
    for (let after = 1; after < BATCHES; after++) {
      const folder = mkdtempSync(join(tmpdir(), 'retort-tokenize-checkpoints-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const first = await attempt(each, folder);
      let batches = 0;
      const progress = () => {
        if (++batches !== after) return;
        if (how === 'kill') throw new Killed();
        first.interrupt();
      };
      const ending = run({ ...first, progress }).catch((error) => error);
      const isDoneBefore = !((await ending) instanceof Error);
      if (!isDoneBefore) expect(await ending).toBeInstanceOf(how === 'kill' ? Killed : StageInterrupted);
      const resumed = await attempt(each, folder);
      expect(await run(resumed), `after ${after} batches`).toEqual(whole.result);
      expect(filesOf(resumed), `after ${after} batches`).toEqual(whole.files);
      if (how === 'interrupt' && !isDoneBefore)
        expect(resumed.logs).toEqual([
          `Resumed after ${after * 6} ${each[0] === 'text' ? 'sentences' : 'examples'}.`,
          ...whole.logs,
        ]);
    }
  });
});

describe('pairs that are broken off while documents are paired', () => {
  /** More copies than a pipeline file may ask for: so few documents make several batches of rows only then. */
  const each = ['text', { maxSequenceLength: 16, packing: 'sentence-pairs', pairs: { copies: 1200 } }] as const;

  /** Ends at the first progress of pairing whose number is `at`. */
  async function brokenOff(folder: string, at: number): Promise<void> {
    const context = await attempt(each, folder);
    let written = 0;
    const progress: typeof context.progress = ({ unit }) => {
      if (unit !== 'sentences' && ++written === at) throw new Killed();
    };
    await expect(run({ ...context, progress })).rejects.toThrow(Killed);
  }

  function temporaryFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'retort-pairs-checkpoints-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  it('go on there, with the same bytes and figures', async () => {
    const whole = await attempt(each);
    const result = await run(whole);
    const folder = temporaryFolder();
    await brokenOff(folder, 3);
    const next = await attempt(each, folder);
    expect(await run(next)).toEqual(result);
    expect(filesOf(next)).toEqual(filesOf(whole));
    expect(next.progresses.every(({ unit }) => unit !== 'sentences')).toBe(true);
  });

  it('begin anew, with a warning, when the documents are damaged', async () => {
    const whole = await attempt(each);
    await run(whole);
    const folder = temporaryFolder();
    await brokenOff(folder, 3);
    truncateSync(join(folder, 'train.documents'), 10);
    const next = await attempt(each, folder);
    await run(next);
    expect(next.warnings.length).toBeGreaterThan(0);
    expect(next.progresses.some(({ unit }) => unit === 'sentences')).toBe(true);
    expect(filesOf(next)).toEqual(filesOf(whole));
  });
});
