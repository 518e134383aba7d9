import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const bin = fileURLToPath(new URL('../bin/retort.mjs', import.meta.url));

export interface Finished {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder with a store of its own, in which the real command is typed. */
export interface Bench {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly write: (name: string, content: unknown) => Promise<void>;
  readonly retort: (...args: string[]) => Promise<Finished>;
  /** The same with some other variables of the environment. */
  readonly retortIn: (env: Readonly<Record<string, string>>, ...args: string[]) => Promise<Finished>;
  readonly remove: () => Promise<void>;
}

export async function createBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'retort-cli-'));
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', RETORT_STORE: join(folder, 'store') };
  const retortIn = async (changes: Readonly<Record<string, string>>, ...args: string[]) => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { ...env, ...changes },
      extendEnv: false,
      reject: false,
    });
    return { exitCode, stdout, stderr };
  };
  return {
    folder,
    env,
    write: (name, content) =>
      writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2)),
    retort: (...args) => retortIn({}, ...args),
    retortIn,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Light stages only: text, a vocabulary, tokens. */
export const words = {
  name: 'words',
  description: 'Little stories, cut into word pieces.',
  params: { documents: { type: 'integer', default: 40, minimum: 2, description: 'Stories' } },
  stages: {
    corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: '${params.documents}' } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 200 } },
    tokenize: {
      uses: 'tokenize',
      inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
      with: { maxSequenceLength: 32 },
    },
  },
  variants: { short: { 'stages.tokenize.with.maxSequenceLength': 16 } },
  results: ['tokenize.train'],
};

export function lastLine(text: string): Record<string, unknown> {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
