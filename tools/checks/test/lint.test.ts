import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('canary: lint reports a promise that nobody awaits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'retort-lint-'));
  await writeFile(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "strict": true }, "include": ["*.ts"] }');
  await writeFile(join(folder, 'a.ts'), `async function save() {}\nexport function end() {\n  save();\n}\n`);
  const { stdout, exitCode } = await execa(
    join(root, 'node_modules/.bin/oxlint'),
    ['--type-aware', '--deny-warnings', '--config', join(root, '.oxlintrc.json'), 'a.ts'],
    { cwd: folder, reject: false },
  );
  await rm(folder, { recursive: true });
  expect({ stdout, exitCode }).toMatchObject({ stdout: expect.stringContaining('no-floating-promises'), exitCode: 1 });
});
