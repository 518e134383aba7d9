import type { ExtensionPointName } from '@retort/foundation/extensions';

/** What is written for one kind of plug-in; the rest is the same for all. */
export interface Template {
  /** In the help, and in messages: `a stage`. */
  readonly title: string;
  /** Where a plug-in lists it. */
  readonly among: 'stages' | ExtensionPointName;
  /** The whole `index.mjs`. */
  readonly index: (names: Names) => string;
  readonly pipeline: (names: Names) => TemplatePipeline;
  /** Lines of the test, about `stage` as the run ends it, and `read`, which reads a file of an output. */
  readonly expectations: (names: Names) => readonly string[];
  /** Other files, such as a table to read. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Names {
  /** In kebab-case: of the plug-in, its folder, its pipeline, and of a stage. */
  readonly plugin: string;
  /** In camelCase, as pipelines write all other objects. */
  readonly object: string;
}

export interface TemplatePipeline {
  readonly stages: Readonly<Record<string, object>>;
  /** The stage that uses what is written. */
  readonly tested: string;
  readonly output: string;
}

export function namesOf(plugin: string): Names {
  return { plugin, object: plugin.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()) };
}

/** The files of a new plug-in, by name. */
export function packageOf(template: Template, names: Names): Readonly<Record<string, string>> {
  const { plugin } = names;
  const { stages, tested, output } = template.pipeline(names);
  const manifest = {
    name: plugin,
    version: '0.1.0',
    private: true,
    type: 'module',
    exports: './index.mjs',
    scripts: { test: 'node --test' },
  };
  const pipeline = {
    name: plugin,
    description: `Tries ${template.title}, "${template.among === 'stages' ? plugin : names.object}".`,
    stages,
    results: [`${tested}.${output}`],
  };
  return {
    'package.json': json(manifest),
    'index.mjs': template.index(names),
    [`${plugin}.pipeline.json`]: json(pipeline),
    ...template.files,
    [`${plugin}.test.mjs`]: test(plugin, tested, template.expectations(names)),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function test(plugin: string, tested: string, expectations: readonly string[]): string {
  return `import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const here = import.meta.dirname;
const store = mkdtempSync(join(tmpdir(), '${plugin}-'));
after(() => rmSync(store, { recursive: true, force: true }));

/** Runs the pipeline beside this file. The last line says how each stage ended, and the digests of what it made. */
function run() {
  const args = ['retort', 'run', join(here, '${plugin}.pipeline.json'), '--store', store, '--json'];
  const lines = execFileSync('npx', args, { cwd: here, encoding: 'utf8', stdio: 'pipe' });
  const { stages } = JSON.parse(lines.trim().split('\\n').at(-1));
  return stages.find(({ id }) => id === '${tested}');
}

function read(output, file) {
  const { digest } = output;
  return readFileSync(join(store, 'artifacts', digest.slice(0, 2), digest, file));
}

test('${plugin} does what it says, and runs once', () => {
  const stage = run();
  assert.equal(stage.status, 'ran');
${expectations.map((line) => `  ${line}`).join('\n')}
  assert.equal(run().status, 'cached');
});
`;
}
