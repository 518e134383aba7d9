import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleEntry } from '@retort/code-closure';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const HEAVY = /@tensorflow|tfjs|onnxruntime|tokenizers|apache-arrow/;

/** What a bundler cannot take in, or what would only make this slow. */
const EXTERNAL = ['@tensorflow/*', 'onnxruntime-node', 'tokenizers', 'apache-arrow', 'esbuild', 'rolldown'];

/** What ends up in a bundle, or is imported by it. */
async function contents(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: workspace,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: EXTERNAL,
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return [...Object.keys(metafile.inputs), ...imports];
}

test('the command contains and imports no tensor library', async () => {
  const found = await contents('apps/cli/src/main.ts');
  expect(found.filter((path) => HEAVY.test(path))).toEqual([]);
  expect(found.length).toBeGreaterThan(50);
});

test('canary: a stage that trains does', async () => {
  expect((await contents('libs/stages/student-train/src/run.ts')).filter((path) => HEAVY.test(path))).not.toEqual([]);
});

test('what really runs imports none either', async () => {
  const { path, packages } = await bundleEntry({
    workspace,
    entryFile: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
  });
  expect(Object.keys(packages).filter((name) => HEAVY.test(name))).toEqual([]);
  expect(await readFile(path, 'utf8')).not.toMatch(/from["']onnxruntime-node["']|from["']@tensorflow/);
});
