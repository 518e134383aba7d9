import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

const repository = resolve(import.meta.dirname, '../../..');
const LEFT_OUT = ['node_modules', '.git', '.nx', '.retort', 'dist'];

let copy: string;
beforeAll(async () => {
  copy = join(await mkdtemp(join(tmpdir(), 'retort-contributing-')), 'retort');
  cpSync(repository, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  linkModules();
});
afterAll(() => rmSync(dirname(copy), { recursive: true, force: true }));

/** The packages of others are those that are installed here, where nothing may be written; links to ours lead into the copy. */
function linkModules(): void {
  const [from, to] = [join(repository, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(to);
  for (const name of readdirSync(from).filter((each) => !each.startsWith('.') || each === '.bin'))
    if (name === '@retort' || name === '.bin')
      cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(from, name), join(to, name));
}

/** What `npm install` does besides writing the lock, which is all that it may do in the copy: links packages of ours. */
function linkOurs(): void {
  const lock = JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8'));
  const places = Object.entries(lock.packages as Record<string, { link?: boolean; resolved?: string }>);
  for (const [place, { link, resolved = '' }] of places)
    if (link && !existsSync(join(copy, place))) symlinkSync(join(copy, resolved), join(copy, place));
}

interface Step {
  readonly language: string;
  /** Of a file to write; the others are commands to type. */
  readonly file: string | undefined;
  readonly text: string;
}

/** The blocks of code below a heading of CONTRIBUTING.md. */
function stepsOf(heading: string): Step[] {
  const text = readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8');
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language = '', file, code = '']) => ({
    language,
    file,
    text: code,
  }));
}

/** As a person in the copy would. */
async function type(line: string) {
  const npm = { npm_config_package_lock_only: 'true', npm_config_offline: 'true', npm_config_audit: 'false' };
  const env = { ...npm, RETORT_STORE: join(copy, 'store') };
  const { all, exitCode } = await execa('bash', ['-ec', line], { cwd: copy, env, all: true, reject: false });
  return { line, exitCode, all };
}

const pipeline = {
  name: 'shouting',
  stages: {
    corpus: { uses: 'corpus', with: { source: { kind: 'synthetic', documents: 3 } } },
    shout: { uses: 'shout', inputs: { text: 'corpus.text' }, with: { mark: '?' } },
  },
};

it('a stage that is added by the steps of CONTRIBUTING.md passes its test, is documented, planned and run', async () => {
  const steps = stepsOf('Add a stage');
  expect(steps.map(({ file, language }) => file ?? language)).toEqual([
    ...['package.json', 'stage.schema.json', 'src/index.ts', 'src/run.ts', 'src/run.test.ts', 'README.md'].map(
      (file) => `libs/stages/shout/${file}`,
    ),
    'sh',
  ]);
  for (const { file, text } of steps) {
    if (file === undefined) {
      for (const line of text.trim().split('\n')) {
        const { all, exitCode } = await type(line);
        expect({ line, exitCode, all: exitCode === 0 ? '' : all }).toEqual({ line, exitCode: 0, all: '' });
        if (line === 'npm install') linkOurs();
        if (line.includes('vitest')) expect(all).toMatch(/Tests .*1 passed/);
      }
    } else {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), text);
    }
  }
  for (const file of ['docs/reference/stages/shout.md', 'libs/stages/shout/src/config.generated.ts'])
    expect(existsSync(join(copy, file)), file).toBe(true);
  expect(readFileSync(join(copy, 'schemas/pipeline.schema.json'), 'utf8')).toContain('What every sentence ends with.');
  expect(await type('npx vitest run tools/checks/test/documents.test.ts')).toMatchObject({ exitCode: 0 });
  expect((await type('npx retort docs shout')).all).toContain('What every sentence ends with.');

  writeFileSync(join(copy, 'pipelines/shouting.pipeline.json'), JSON.stringify(pipeline));
  expect((await type('npx retort plan shouting')).all).toMatch(/shout +shout +unknown/);
  const ran = await type('npx retort run shouting');
  expect(ran).toMatchObject({ exitCode: 0, all: expect.stringMatching(/✓ shout .*36 rows/) });

  const run = join(copy, 'libs/stages/shout/src/run.ts');
  writeFileSync(run, readFileSync(run, 'utf8').replace('toUpperCase', 'toLowerCase'));
  expect((await type('npx retort plan shouting')).all).toMatch(/corpus +corpus +cached[^]*shout +shout +run .*code/);
}, 300_000);
