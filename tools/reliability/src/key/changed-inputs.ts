import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@retort/pipeline-runner';
import { RetortProcess } from '../crash/retort-process.ts';

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
export const CHANGED_INPUTS = CHANGES.flatMap((change) =>
  MOMENTS.map((moment) => ({
    name: `an input that is ${change.name} ${moment.when}`,
    check: (workspace: string) => inScene(change, (scene) => tryChange(scene, { workspace, change, moment })),
  })),
);

async function tryChange(
  scene: Scene,
  { workspace, change, moment }: { workspace: string; change: Change; moment: (typeof MOMENTS)[number] },
): Promise<void> {
  const expected = await (cleanOutput ??= outputOfClean(workspace));
  const first = run(workspace, scene, 'store');
  await first.until(({ event }) => event === moment.event);
  const undo = change.make(scene);
  if (moment.isKilled) first.signal('SIGKILL');
  const { exitCode, events, stderr } = await first.ended;
  undo();
  const got = outputOf({ events });
  if (exitCode === 0 ? got !== expected : !moment.isKilled && !stderr.includes('INPUT_CHANGED'))
    throw new Error(`exit ${exitCode} with ${got} for ${expected}: ${stderr.slice(-300)}`);
  const again = await run(workspace, scene, 'store').ended;
  if (outputOf(again) !== expected)
    throw new Error(`afterwards: exit ${again.exitCode} with ${outputOf(again)} for ${expected}: ${again.stderr}`);
}

/** Of the text alone: what its file is called, and where it lies, are not in it. */
let cleanOutput: Promise<string | undefined> | undefined;

function outputOfClean(workspace: string): Promise<string | undefined> {
  return inScene({}, async (scene) => outputOf(await run(workspace, scene, 'store').ended));
}

function run(workspace: string, { folder }: Scene, store: string): RetortProcess {
  const args = ['run', join(folder, 'changed.pipeline.json'), '--json'];
  return new RetortProcess({ workspace, store: join(folder, store), args });
}

function outputOf({ events }: { events: readonly RunEvent[] }): string | undefined {
  const [end] = events.filter((event) => event.event === 'run-finished');
  return end?.stages[0]?.outputs.text?.digest;
}

async function inScene<T>(change: Pick<Change, 'input' | 'prepare'>, work: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'retort-changed-'));
  try {
    const [data, other] = [join(folder, 'data'), join(folder, 'other')];
    const scene = { folder, data, other, file: join(data, 'a.txt') };
    for (const [place, fruit] of [
      [other, 'berry'],
      [data, 'apple'],
    ] as const) {
      mkdirSync(place);
      writeFileSync(join(place, 'a.txt'), textOf(fruit));
    }
    change.prepare?.(scene);
    writeFileSync(join(folder, 'changed.pipeline.json'), JSON.stringify(pipelineOf(change.input ?? './data/a.txt')));
    return await work(scene);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
