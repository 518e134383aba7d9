import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StageInterrupted } from '@retort/plugin-kit';
import { createTestContext, type TestContextOptions } from '@retort/plugin-kit/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function attempt(folder: string, options: Partial<TestContextOptions<unknown>> = {}) {
  const context = await createTestContext({ config: { rate: 1 }, checkpointFolder: folder, ...options });
  onTestFinished(() => context.remove());
  return context;
}

/** Bits that survive only when no byte is converted: a signalling NaN, minus zero, the smallest subnormal. */
const BITS = Uint32Array.of(0x7f800001, 0x80000000, 0x00000001, 0x3f800000);
const weights = () => new Map([['weights', new Float32Array(BITS.buffer.slice(0))]]);
const content = (step: number) => ({ state: { step }, arrays: weights() });

const names = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));

async function saved(folder: string, steps: readonly number[]): Promise<void> {
  const { checkpoints } = await attempt(folder);
  await checkpoints.load();
  for (const step of steps) await checkpoints.save(step, content(step));
}

describe('a checkpoint', () => {
  test('gives back its state and every bit of its arrays, to the next attempt', async () => {
    const folder = temporaryFolder();
    await saved(folder, [7]);
    const found = await (await attempt(folder)).checkpoints.load();
    expect(found?.state).toEqual({ step: 7 });
    const target = new Float32Array(4);
    await found?.readArrays(new Map([['weights', target]]));
    expect(new Uint32Array(target.buffer)).toEqual(BITS);
  });

  test('is not there at first, nor without a folder', async () => {
    expect(await (await attempt(temporaryFolder())).checkpoints.load()).toBeUndefined();
    const { checkpoints } = await createTestContext({ config: {} });
    await checkpoints.save(1, content(1));
    expect(await checkpoints.load()).toBeUndefined();
    expect(checkpoints.folder).toBeUndefined();
  });

  test.each<[string, (header: Record<string, unknown>) => unknown]>([
    ['no state', (header) => ({ ...header, state: null })],
    ['a state that is a text', (header) => ({ ...header, state: 'x' })],
    ['arrays that are null', (header) => ({ ...header, arrays: [null] })],
    ['an array of negative length', (header) => ({ ...header, arrays: [['weights', -1]] })],
    ['null', () => null],
  ])('that was planted with a right digest and %s is set aside', async (_what, change) => {
    const folder = temporaryFolder();
    await saved(folder, [1]);
    const path = join(folder, names(folder)[0] as string);
    const bytes = readFileSync(path);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = Buffer.from(JSON.stringify(change(JSON.parse(bytes.subarray(8, end).toString()))));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const body = Buffer.concat([length, header, bytes.subarray(end, -32)]);
    writeFileSync(path, Buffer.concat([body, createHash('sha256').update(body).digest()]));
    const next = await attempt(folder);
    expect(
      await next.checkpoints.load(async (state) => (state as { step: number }).step.toFixed() && undefined),
    ).toBeUndefined();
    expect(names(folder)).toEqual([]);
  });

  test('leaves the one before it, and no other', async () => {
    const folder = temporaryFolder();
    await saved(folder, [1, 2, 10]);
    expect(names(folder)).toEqual(['000000000000002.checkpoint', '000000000000010.checkpoint']);
  });

  test('refuses arrays of other names or lengths', async () => {
    const folder = temporaryFolder();
    await saved(folder, [1]);
    const found = await (await attempt(folder)).checkpoints.load();
    for (const target of [new Map(), new Map([['weights', new Float32Array(5)]])])
      await expect(found?.readArrays(target)).rejects.toMatchObject({ code: 'CHECKPOINT_DOES_NOT_FIT' });
  });
});

describe('a checkpoint that is damaged or foreign', () => {
  const newest = '000000000000002.checkpoint';

  test.each<[string, (path: string, folder: string) => void]>([
    [
      'a flipped bit',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 40] = (bytes[bytes.length - 40] as number) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
    ['lost bytes', (path) => truncateSync(path, 60)],
    ['no bytes', (path) => truncateSync(path, 0)],
    ['more bytes', (path) => writeFileSync(path, 'more', { flag: 'a' })],
  ])('by %s is set aside with a warning, and the one before is used', async (_, damage) => {
    const folder = temporaryFolder();
    await saved(folder, [1, 2]);
    damage(join(folder, newest), folder);
    const next = await attempt(folder);
    expect((await next.checkpoints.load())?.state).toEqual({ step: 1 });
    expect(next.warnings).toEqual([expect.stringMatching(/000000000000002\.checkpoint is not used: .* set aside/)]);
    expect(names(folder)).toEqual(['000000000000001.checkpoint']);
    expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(1);
  });

  test.each<[string, Partial<TestContextOptions<unknown>>]>([
    ['settings', { config: { rate: 2 } }],
    ['seed', { seed: 43 }],
    ['engine', { engine: 'cpu' }],
    ['outputs', { outputs: { model: 'model' } }],
  ])('by another %s is not used, and the stage begins', async (_, options) => {
    const folder = temporaryFolder();
    await saved(folder, [1, 2]);
    const next = await attempt(folder, options);
    expect(await next.checkpoints.load()).toBeUndefined();
    expect(next.warnings).toHaveLength(2);
    expect(next.warnings[0]).toContain('it belongs to other settings, inputs or code');
  });

  test('is a matter of threads neither', async () => {
    const folder = temporaryFolder();
    await saved(folder, [1]);
    expect((await (await attempt(folder, { threads: 2 })).checkpoints.load())?.state).toEqual({ step: 1 });
  });

  test('in the eyes of the stage is set aside as well', async () => {
    const folder = temporaryFolder();
    await saved(folder, [1, 2]);
    const next = await attempt(folder);
    const findFault = async (state: unknown) =>
      (state as { step: number }).step === 2 ? 'its table is gone' : undefined;
    expect((await next.checkpoints.load(findFault))?.state).toEqual({ step: 1 });
    expect(next.warnings[0]).toContain('its table is gone');
  });

  test('because its writing was cut off is not seen', async () => {
    const folder = temporaryFolder();
    await saved(folder, [1, 2]);
    renameSync(join(folder, newest), join(folder, `${newest}.1-abcd.tmp`));
    const next = await attempt(folder);
    expect((await next.checkpoints.load())?.state).toEqual({ step: 1 });
    expect(next.warnings).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['000000000000001.checkpoint', 'owner']);
  });
});

describe('between two units of work', () => {
  test('a checkpoint is made every so many steps', async () => {
    const folder = temporaryFolder();
    const { checkpoints } = await attempt(folder, { checkpointEverySeconds: 1000, checkpointEverySteps: 3 });
    await checkpoints.load();
    const captured: number[] = [];
    for (let step = 1; step <= 8; step++) {
      await checkpoints.pass(step, () => {
        captured.push(step);
        return content(step);
      });
    }
    expect(captured).toEqual([3, 6]);
  });

  test('one is made when the stage is asked to stop, unless nothing is new', async () => {
    const folder = temporaryFolder();
    const first = await attempt(folder);
    await first.checkpoints.load();
    await first.checkpoints.pass(4, () => content(4));
    expect(names(folder)).toEqual([]);
    first.interrupt();
    await expect(first.checkpoints.pass(5, () => content(5))).rejects.toBeInstanceOf(StageInterrupted);
    expect(names(folder)).toEqual(['000000000000005.checkpoint']);

    const second = await attempt(folder);
    await second.checkpoints.load();
    second.interrupt();
    const untouched = () => {
      throw new Error('captured');
    };
    await expect(second.checkpoints.pass(5, untouched)).rejects.toBeInstanceOf(StageInterrupted);
  });

  test('a stage without a folder stops, too', async () => {
    const context = await createTestContext({ config: {} });
    context.interrupt();
    await expect(context.checkpoints.pass(1, () => content(1))).rejects.toBeInstanceOf(StageInterrupted);
  });
});

test('an attempt that slept while another took over does not write any more', async () => {
  const folder = temporaryFolder();
  const sleeper = await attempt(folder);
  await sleeper.checkpoints.load();
  await sleeper.checkpoints.save(1, content(1));
  const successor = await attempt(folder);
  await successor.checkpoints.load();
  await expect(sleeper.checkpoints.save(2, content(2))).rejects.toMatchObject({ code: 'STAGE_SUPERSEDED' });
  await successor.checkpoints.save(2, content(2));
  expect(names(folder)).toHaveLength(2);
});
