import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, type Ended, inFolder, lazily, RetortProcess, type SuiteContext } from '@retort/lab';

/** A corpus in `data/a.txt`, which is what is planned, and other text of the same size in `other/a.txt`, which is older. */
interface Scene {
  readonly folder: string;
  readonly data: string;
  readonly file: string;
  readonly other: string;
}

interface Change {
  readonly name: string;
  /** What the pipeline names, from its own folder. */
  readonly input?: string;
  readonly prepare?: (scene: Scene) => void;
  /** Returns how it is undone. */
  readonly make: (scene: Scene) => () => void;
}

/** Enough text that the stage reports progress before it has read all of it. */
const SENTENCES = 20_000;

const CHANGES: readonly Change[] = [
  {
    name: 'written, with its times put back',
    make: ({ file }) => {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, textOf('berry'));
      utimesSync(file, atime, mtime);
      return () => writeFileSync(file, textOf('apple'));
    },
  },
  { name: 'replaced by an older file', make: ({ file, other }) => exchange(file, join(other, 'a.txt')) },
  {
    name: 'a link that leads to an older file',
    prepare: ({ folder, file }) => becomeLink(file, join(folder, 'apple.txt')),
    make: ({ file, other }) => retarget(file, join(other, 'a.txt')),
  },
  {
    name: 'in a folder that another takes the place of',
    make: ({ data, other }) => exchange(data, other),
  },
  {
    name: 'under a pattern whose folder is a link that leads elsewhere',
    input: './data/*.txt',
    prepare: ({ folder, data }) => becomeLink(data, join(folder, 'apples')),
    make: ({ data, other }) => retarget(data, other),
  },
  {
    name: 'no longer alone in its folder',
    input: './data',
    make: ({ data }) => {
      writeFileSync(join(data, 'b.txt'), textOf('berry'));
      return () => unlinkSync(join(data, 'b.txt'));
    },
  },
  {
    name: 'a pipe that nobody writes to',
    make: ({ folder, file }) => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      return exchange(file, join(folder, 'pipe'));
    },
  },
];

/** When an input changes, and whether the runner lives to see it. */
const MOMENTS = [
  { when: 'before the stage reads', event: 'stage-started', isKilled: false },
  { when: 'while the stage reads', event: 'stage-progress', isKilled: false },
  { when: 'while the stage reads, and the runner is killed', event: 'stage-progress', isKilled: true },
] as const;

/** What is recorded under a key comes from the bytes in that key, whatever happens to the user's files meanwhile. */
export function changedInputCases({ workspace, scratchFolder }: SuiteContext): Case[] {
  const run = ({ folder }: Scene) => {
    const args = ['run', join(folder, 'changed.pipeline.json'), '--json'];
    return new RetortProcess({ workspace, store: join(folder, 'store'), args });
  };
  const within = <T>(change: Pick<Change, 'input' | 'prepare'>, work: (scene: Scene) => Promise<T>) =>
    inFolder(scratchFolder, (folder) => work(sceneIn(folder, change)));
  // Of the text alone: what its file is called, and where it lies, are not in it.
  const clean = lazily(() => within({}, async (scene) => outputOf(await run(scene).ended)));
  return CHANGES.flatMap((change) =>
    MOMENTS.map((moment) => ({
      name: `an input that is ${change.name} ${moment.when}`,
      run: () =>
        within(change, async (scene) => {
          const expected = await clean();
          const first = run(scene);
          await first.until(({ event }) => event === moment.event);
          const undo = change.make(scene);
          if (moment.isKilled) first.signal('SIGKILL');
          const ended = await first.ended;
          undo();
          const isRight =
            ended.exitCode === 0
              ? outputOf(ended) === expected
              : moment.isKilled || ended.stderr.includes('INPUT_CHANGED');
          assert(isRight, wrongEnd(ended, expected));
          const again = await run(scene).ended;
          assert(outputOf(again) === expected, `afterwards: ${wrongEnd(again, expected)}`);
        }),
    })),
  );
}

function wrongEnd(ended: Ended, expected: string | undefined): string {
  return `exit ${ended.exitCode} with ${outputOf(ended)} for ${expected}: ${ended.stderr.slice(-300)}`;
}

function outputOf({ events }: Ended): string | undefined {
  const [end] = events.filter((event) => event.event === 'run-finished');
  return end?.stages[0]?.outputs.text?.digest;
}

function sceneIn(folder: string, { input = './data/a.txt', prepare }: Pick<Change, 'input' | 'prepare'>): Scene {
  const [data, other] = [join(folder, 'data'), join(folder, 'other')];
  const scene = { folder, data, other, file: join(data, 'a.txt') };
  for (const [place, fruit] of [
    [other, 'berry'],
    [data, 'apple'],
  ] as const) {
    mkdirSync(place);
    writeFileSync(join(place, 'a.txt'), textOf(fruit));
  }
  prepare?.(scene);
  writeFileSync(join(folder, 'changed.pipeline.json'), JSON.stringify(pipelineOf(input)));
  return scene;
}

function pipelineOf(files: string) {
  const settings = { source: { kind: 'files' }, validationFraction: 0 };
  const corpus = { uses: 'corpus', inputs: { files }, with: settings, run: { checkpointEverySteps: 1 } };
  return { name: 'changed', stages: { corpus } };
}

function textOf(fruit: 'apple' | 'berry'): string {
  return Array.from({ length: SENTENCES }, (_, at) => `The ${fruit} number ${at} is here.\n\n`).join('');
}

/** Two of the same kind, neither of which is written. */
function exchange(a: string, b: string): () => void {
  const swap = () => {
    renameSync(a, `${a}.kept`);
    renameSync(b, a);
    renameSync(`${a}.kept`, b);
  };
  swap();
  return swap;
}

function becomeLink(path: string, target: string): void {
  renameSync(path, target);
  symlinkSync(target, path);
}

function retarget(link: string, target: string): () => void {
  symlinkSync(target, `${link}.new`);
  return exchange(link, `${link}.new`);
}
