import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestTree } from '@retort/foundation/digest';
import type { RunEvent } from '@retort/pipeline-runner';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  combine,
  createTinyWorkspace,
  make,
  pipeline,
  runTiny,
  type TinyRun,
  type TinyWorkspace,
} from './tiny-pipeline.ts';

function workspace(): TinyWorkspace {
  const created = createTinyWorkspace();
  onTestFinished(() => rmSync(created.path, { recursive: true, force: true }));
  return created;
}

const diamond = (leftText = 'left') =>
  pipeline(
    make('left', { config: { text: leftText } }),
    make('right'),
    combine('both', { left: 'left', right: 'right' }),
    combine('end', { left: 'both' }),
  );

function outputOf({ manifest }: TinyRun, id: string): string {
  return manifest.stages.find((stage) => stage.id === id)?.outputs.text?.digest as string;
}

function textOf({ store }: TinyWorkspace, run: TinyRun, id: string): string {
  return readFileSync(join(store.artifactPath(outputOf(run, id)), 'text.txt'), 'utf8');
}

function digests({ manifest }: TinyRun): (string | undefined)[] {
  return manifest.stages.map(({ outputs }) => outputs.text?.digest);
}

function named<Name extends RunEvent['event']>({ events }: TinyRun, name: Name): (RunEvent & { event: Name })[] {
  return events.filter((event): event is RunEvent & { event: Name } => event.event === name);
}

describe('a pipeline', () => {
  test('runs, and the second time comes from the cache with the same digests', async () => {
    const tiny = workspace();
    const first = await runTiny(tiny, diamond());
    expect(first.manifest.status).toBe('done');
    expect(first.statuses).toEqual(['left: ran', 'right: ran', 'both: ran', 'end: ran']);
    expect(textOf(tiny, first, 'end')).toBe('left=left=left 1+right=right 1');
    const second = await runTiny(tiny, diamond());
    expect(second.statuses).toEqual(['left: cached', 'right: cached', 'both: cached', 'end: cached']);
    expect(digests(second)).toEqual(digests(first));
    expect(second.manifest.stages[0]?.outputs).toEqual(first.manifest.stages[0]?.outputs);
    expect(readdirSync(join(tiny.store.root, 'attempts'))).toEqual([]);
  });

  test('runs again only what depends on a change', async () => {
    const tiny = workspace();
    await runTiny(tiny, diamond());
    const second = await runTiny(tiny, diamond('LEFT'));
    expect(second.statuses).toEqual(['left: ran', 'right: cached', 'both: ran', 'end: ran']);
  });

  test('is cut off early where a stage that ran gives the bytes that were there before', async () => {
    const tiny = workspace();
    await runTiny(tiny, diamond());
    const changed = pipeline(
      ...diamond().stages.map((stage) =>
        stage.id === 'left' ? { ...stage, config: { text: 'left', unused: 1 } } : stage,
      ),
    );
    const second = await runTiny(tiny, changed);
    expect(second.statuses).toEqual(['left: ran', 'right: cached', 'both: cached', 'end: cached']);
  });

  test('runs again when the code of a stage changes, and not for a comment', async () => {
    const tiny = workspace();
    await runTiny(tiny, diamond());
    const file = join(tiny.path, 'libs/tiny/src/join.ts');
    const code = readFileSync(file, 'utf8');
    writeFileSync(file, `// A comment.\n${code}`);
    expect((await runTiny(tiny, diamond())).statuses).toEqual([
      'left: cached',
      'right: cached',
      'both: cached',
      'end: cached',
    ]);
    writeFileSync(file, code.replace("+ '='", "+ ':'"));
    expect((await runTiny(tiny, diamond())).statuses).toEqual([
      'left: cached',
      'right: cached',
      'both: ran',
      'end: ran',
    ]);
  });

  test('makes a bundle again that is damaged after it was planned, and never runs it', async () => {
    const tiny = workspace();
    const bundles = join(tiny.path, 'node_modules/.cache/retort/code');
    const onEvent = ({ event }: RunEvent) => {
      if (event !== 'run-started') return;
      for (const name of readdirSync(bundles).filter((each) => each.endsWith('.mjs'))) {
        const text = readFileSync(join(bundles, name), 'utf8');
        writeFileSync(join(bundles, name), `throw 'damaged';${text.slice(16)}`);
      }
    };
    const run = await runTiny(tiny, diamond(), { onEvent });
    expect(run.statuses).toEqual(['left: ran', 'right: ran', 'both: ran', 'end: ran']);
    expect(textOf(tiny, run, 'both')).toBe('left=left 1+right=right 1');
  });

  test('gives the same digests with one job and with four', async () => {
    const [one, four] = [
      await runTiny(workspace(), diamond(), { jobs: 1 }),
      await runTiny(workspace(), diamond(), { jobs: 4 }),
    ];
    expect(digests(one)).toEqual(digests(four));
    const order = named(one, 'stage-started').map(({ stage }) => stage);
    expect(order).toEqual(['left', 'right', 'both', 'end']);
  });

  test('runs independent stages at the same time and shares the cores among them', async () => {
    const slow = { config: { behaviour: 'slow' } };
    const graph = pipeline(
      make('a', slow),
      make('b', slow),
      make('c', slow),
      combine('join', { left: 'a', right: 'b' }),
    );
    const run = await runTiny(workspace(), graph, { jobs: 2, cores: 4 });
    const names = run.events
      .filter(({ event }) => event === 'stage-started' || event === 'stage-finished')
      .map(({ event }) => event);
    expect(names.slice(0, 3)).toEqual(['stage-started', 'stage-started', 'stage-finished']);
    expect(run.manifest.stages[0]?.threads).toBe(2);
    expect((await runTiny(workspace(), pipeline(make('a')), { jobs: 4, cores: 4 })).manifest.stages[0]?.threads).toBe(
      4,
    );
  });

  test.each([
    { asked: 1, given: 1 },
    { asked: 16, given: 4 },
  ])('gives a stage that asks for $asked threads at most $given of 4 cores', async ({ asked, given }) => {
    const run = await runTiny(workspace(), pipeline(make('a', { run: { threads: asked } })), { cores: 4 });
    expect(run.manifest.stages[0]?.threads).toBe(given);
  });

  test('reads files of the user', async () => {
    const tiny = workspace();
    const file = join(tiny.path, 'input.txt');
    writeFileSync(file, 'mine');
    await sleep(30);
    const source = { kind: 'path', path: file, files: [file], digest: (await digestTree(file)).digest } as const;
    const run = await runTiny(tiny, pipeline(combine('join', { left: source })));
    expect(textOf(tiny, run, 'join')).toBe('left=mine');
  });

  test('refuses a result whose input changed while it ran', async () => {
    const tiny = workspace();
    const file = join(tiny.path, 'input.txt');
    writeFileSync(file, 'mine');
    const source = { kind: 'path', path: file, files: [file], digest: (await digestTree(file)).digest } as const;
    const graph = pipeline(make('slow', { config: { behaviour: 'slow' }, inputs: { left: source } }));
    const run = await runTiny(tiny, graph, {
      onEvent: ({ event }) => event === 'stage-started' && writeFileSync(file, 'other'),
    });
    expect(run.manifest.stages[0]?.error).toMatchObject({
      code: 'INPUT_CHANGED',
      message: expect.stringContaining('input.txt changed while'),
    });
  });
});

describe('a selection', () => {
  test('"from" runs a stage and what follows it', async () => {
    const tiny = workspace();
    const first = await runTiny(tiny, diamond());
    const second = await runTiny(tiny, diamond(), { selection: { from: 'both' } });
    expect(second.statuses).toEqual(['left: cached', 'right: cached', 'both: ran', 'end: ran']);
    expect(digests(second)).toEqual(digests(first));
    expect(named(second, 'stage-warning')).toEqual([]);
  });

  test('"only" leaves out what does not lead there', async () => {
    const run = await runTiny(workspace(), diamond(), { selection: { only: 'left' } });
    expect(run.statuses).toEqual(['left: ran']);
  });

  test('of a stage that is not there writes nothing', async () => {
    const tiny = workspace();
    await expect(runTiny(tiny, diamond(), { selection: { only: 'lft' } })).rejects.toMatchObject({
      code: 'PLAN_UNKNOWN_STAGE',
    });
    expect(existsSync(tiny.store.root)).toBe(false);
  });

  test('"force" tells when a stage does not give the same bytes again', async () => {
    const tiny = workspace();
    const graph = pipeline(make('dice', { config: { behaviour: 'random' } }), combine('end', { left: 'dice' }));
    await runTiny(tiny, graph);
    const second = await runTiny(tiny, graph, { selection: { force: true } });
    expect(second.statuses).toEqual(['dice: ran', 'end: ran']);
    expect(second.manifest.stages[0]?.warnings).toEqual([
      expect.stringMatching(/^Not reproducible: output "text" has different bytes/),
    ]);
    expect(named(second, 'stage-warning').map(({ stage }) => stage)).toEqual(['dice']);
  });
});

describe('a failure', () => {
  test('skips what depends on it and leaves other branches going', async () => {
    const tiny = workspace();
    const graph = pipeline(
      make('bad', { config: { behaviour: 'fail' } }),
      combine('after', { left: 'bad' }),
      combine('later', { left: 'after' }),
      make('good', { config: { behaviour: 'slow' } }),
      combine('fine', { left: 'good' }),
    );
    const run = await runTiny(tiny, graph);
    expect(run.manifest.status).toBe('failed');
    expect(run.statuses).toEqual(['bad: failed', 'after: skipped', 'later: skipped', 'good: ran', 'fine: ran']);
    const error = run.manifest.stages[0]?.error;
    expect(error).toMatchObject({ code: 'LOSS_NOT_FINITE', message: 'The loss is not finite.' });
    expect(readFileSync(error?.log as string, 'utf8')).toMatch(/The loss is not finite\.\n +at .*make\.ts:\d+/);
    expect(run.events.at(-1)).toMatchObject({ event: 'run-finished', status: 'failed' });
  });

  test('of the data is told apart', async () => {
    const run = await runTiny(workspace(), pipeline(make('bad', { config: { behaviour: 'refuse' } })));
    expect(run.manifest.stages[0]?.error).toMatchObject({ code: 'DATA_NO_ROWS', isInvalidInput: true });
  });

  test('by a crash names the log; nothing is recorded', async () => {
    const tiny = workspace();
    const graph = pipeline(make('bad', { config: { behaviour: 'crash' } }));
    const run = await runTiny(tiny, graph);
    expect(run.manifest.stages[0]?.error).toMatchObject({
      code: 'STAGE_CRASHED',
      message: expect.stringMatching(/^The process of stage "bad" was killed \(SIGKILL\).*bad\.log$/),
    });
    expect((await runTiny(tiny, graph)).statuses).toEqual(['bad: failed']);
  });

  test('that may pass is tried again', async () => {
    const tiny = workspace();
    const flaky = make('flaky', {
      config: { behaviour: 'flaky', marker: join(tiny.path, 'marker') },
      run: { retries: 1 },
    });
    const run = await runTiny(tiny, pipeline(flaky));
    expect(run.statuses).toEqual(['flaky: ran']);
    expect(run.manifest.stages[0]?.attempts).toBe(2);
    expect(named(run, 'stage-warning')[0]?.message).toMatch(
      /^Attempt 1 of 2 failed \(STAGE_CRASHED: .* exited with code 9/,
    );
  });

  test('that cannot pass is not tried again', async () => {
    const run = await runTiny(
      workspace(),
      pipeline(make('bad', { config: { behaviour: 'fail' }, run: { retries: 3 } })),
    );
    expect(run.manifest.stages[0]?.attempts).toBe(1);
  });

  test('by a time limit stops the stage', async () => {
    const run = await runTiny(
      workspace(),
      pipeline(make('slow', { config: { behaviour: 'wait' }, run: { timeoutSeconds: 0.5 } })),
    );
    expect(run.manifest.stages[0]?.error?.code).toBe('STAGE_TIMEOUT');
  });

  test('to write an output is a failure', async () => {
    const run = await runTiny(workspace(), pipeline(make('bad', { config: { behaviour: 'empty' } })));
    expect(run.manifest.stages[0]?.error).toMatchObject({
      code: 'STAGE_WROTE_NOTHING',
      message: 'Stage "bad" finished without writing its output "text".',
    });
  });

  test('of code that does not bundle ends the run before it starts', async () => {
    const tiny = workspace();
    writeFileSync(join(tiny.path, 'libs/tiny/src/join.ts'), 'export const run = ;');
    await expect(runTiny(tiny, diamond())).rejects.toMatchObject({ code: 'CODE_DOES_NOT_BUNDLE' });
    expect(existsSync(tiny.store.root)).toBe(false);
  });
});

describe('an interruption', () => {
  const waiting = pipeline(
    make('done'),
    make('sleeper', { config: { behaviour: 'wait' } }),
    combine('end', { left: 'done', right: 'sleeper' }),
  );

  test('stops what runs, starts nothing else, and the next run goes on', async () => {
    const tiny = workspace();
    const controller = new AbortController();
    const onEvent = ({ event }: RunEvent) => event === 'stage-log' && controller.abort();
    const run = await runTiny(tiny, waiting, { signal: controller.signal, onEvent, jobs: 1 });
    expect(run.manifest.status).toBe('interrupted');
    expect(run.statuses).toEqual(['done: ran', 'sleeper: interrupted', 'end: skipped']);
    expect(run.events.at(-1)).toMatchObject({ event: 'run-finished', status: 'interrupted' });
    const graph = pipeline(make('done'), make('sleeper'), combine('end', { left: 'done', right: 'sleeper' }));
    expect((await runTiny(tiny, graph)).statuses).toEqual(['done: cached', 'sleeper: ran', 'end: ran']);
  });

  test('for the second time ends what runs at once', async () => {
    const [stop, kill] = [new AbortController(), new AbortController()];
    const onEvent = ({ event }: RunEvent) => {
      if (event !== 'stage-log') return;
      stop.abort();
      setTimeout(() => kill.abort(), 200);
    };
    const graph = pipeline(make('stubborn', { config: { behaviour: 'ignore' } }));
    const run = await runTiny(workspace(), graph, { signal: stop.signal, killSignal: kill.signal, onEvent });
    expect(run.manifest.status).toBe('interrupted');
    expect(run.statuses).toEqual(['stubborn: interrupted']);
    expect(run.manifest.seconds).toBeLessThan(10);
  });
});

describe('a damaged artifact', () => {
  function damage({ store }: TinyWorkspace, digest: string): void {
    const file = join(store.artifactPath(digest), 'text.txt');
    const { atime, mtime, size } = statSync(file);
    chmodSync(file, 0o644);
    writeFileSync(file, 'X'.repeat(size));
    utimesSync(file, atime, mtime);
  }

  test('that a stage needs is set aside and computed again', async () => {
    const tiny = workspace();
    const first = await runTiny(tiny, diamond());
    damage(tiny, outputOf(first, 'left'));
    const second = await runTiny(tiny, diamond(), { selection: { from: 'both' } });
    expect(second.manifest.status).toBe('done');
    expect(second.statuses).toEqual(['left: ran', 'right: cached', 'both: ran', 'end: ran']);
    expect(digests(second)).toEqual(digests(first));
    expect(second.manifest.stages[0]?.reason).toBe('its stored output was damaged');
    expect(readdirSync(join(tiny.store.root, 'quarantine'))).toHaveLength(1);
  });

  test('is computed again together with damaged ones before it', async () => {
    const tiny = workspace();
    const first = await runTiny(tiny, diamond());
    for (const id of ['left', 'both']) damage(tiny, outputOf(first, id));
    const second = await runTiny(tiny, diamond(), { selection: { from: 'end' } });
    expect(second.statuses).toEqual(['left: ran', 'right: cached', 'both: ran', 'end: ran']);
    expect(digests(second)).toEqual(digests(first));
  });

  test('that two stages need is computed again once', async () => {
    const tiny = workspace();
    const graph = (glue: string) =>
      pipeline(
        make('source'),
        combine('one', { left: 'source' }, { config: { glue } }),
        combine('two', { right: 'source' }, { config: { glue } }),
      );
    const first = await runTiny(tiny, graph('a'));
    damage(tiny, outputOf(first, 'source'));
    const second = await runTiny(tiny, graph('b'));
    expect(second.statuses).toEqual(['source: ran', 'one: ran', 'two: ran']);
    expect(named(second, 'stage-started').filter(({ stage }) => stage === 'source')).toHaveLength(1);
  });

  test('that has lost bytes or files is a miss', async () => {
    const tiny = workspace();
    const first = await runTiny(tiny, diamond());
    writeFileSync(join(tiny.store.artifactPath(outputOf(first, 'end')), 'text.txt'), 'short');
    rmSync(tiny.store.artifactPath(outputOf(first, 'right')), { recursive: true });
    const second = await runTiny(tiny, diamond());
    expect(second.statuses).toEqual(['left: cached', 'right: ran', 'both: cached', 'end: ran']);
    expect(digests(second)).toEqual(digests(first));
  });

  test('that cannot be computed again fails the stage that needs it', async () => {
    const tiny = workspace();
    const marker = join(tiny.path, 'marker');
    writeFileSync(marker, '');
    const graph = pipeline(
      make('flaky', { config: { behaviour: 'flaky', marker } }),
      combine('end', { left: 'flaky' }),
    );
    const first = await runTiny(tiny, graph);
    damage(tiny, outputOf(first, 'flaky'));
    rmSync(marker);
    const second = await runTiny(tiny, graph, { selection: { from: 'end' } });
    expect(second.statuses).toEqual(['flaky: failed', 'end: failed']);
    expect(second.manifest.stages[1]?.error).toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('But stage "flaky" could not recompute it (STAGE_CRASHED'),
    });
  });
});
