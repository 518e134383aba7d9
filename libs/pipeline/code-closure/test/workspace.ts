import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/**
 * A workspace of two stages over one library, and one outside package:
 * `@tiny/one` uses `@tiny/math/add` and `outside`; `@tiny/two` uses `@tiny/math/scale`.
 */
export const FILES = {
  'package.json': '{ "name": "tiny", "type": "module" }',
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: {
      'node_modules/outside': {
        version: '1.2.3',
        dependencies: { deep: '^2.0.0' },
        optionalDependencies: { 'outside-linux': '1.2.3' },
      },
      'node_modules/deep': { version: '2.0.1', peerDependencies: { absent: '*' } },
      'node_modules/outside-linux': { version: '1.2.3', optional: true, os: ['linux'] },
      'node_modules/unused': { version: '9.9.9' },
    },
  }),
  'libs/math/package.json': '{ "name": "@tiny/math", "type": "module", "exports": { "./*": "./src/*.ts" } }',
  'libs/math/src/add.ts':
    'export function add(left: number, right: number): number {\n  const sum = left + right;\n  return sum;\n}\n',
  'libs/math/src/scale.ts': 'export const scale = (value: number): number => value * 0.5;\n',
  'libs/one/package.json': '{ "name": "@tiny/one", "type": "module", "exports": { "./run": "./src/run.ts" } }',
  'libs/one/src/words.json': '{ "greeting": "hello" }',
  'libs/one/src/run.ts': `import { add } from '@tiny/math/add';
import { outside } from 'outside';
import words from './words.json' with { type: 'json' };
export const run = () => console.log(words.greeting, outside, add(1, 2));
`,
  'libs/two/package.json': '{ "name": "@tiny/two", "type": "module", "exports": { "./run": "./src/run.ts" } }',
  'libs/two/src/run.ts': "import { scale } from '@tiny/math/scale';\nexport const run = () => console.log(scale(4));\n",
  'libs/kit/package.json':
    '{ "name": "@retort/plugin-kit", "type": "module", "exports": { "./host": "./src/host.ts" } }',
  'libs/kit/src/host.ts': 'export const hostStage = async (run: () => void) => run();\n',
  'node_modules/outside/package.json':
    '{ "name": "outside", "version": "1.2.3", "main": "index.js", "dependencies": { "deep": "^2.0.0" }, "optionalDependencies": { "outside-linux": "1.2.3" } }',
  'node_modules/outside/index.js': "exports.outside = 'from outside';\n",
  'node_modules/outside/node_modules/inner/package.json': '{ "name": "inner", "version": "9.9.9" }',
  'node_modules/deep/package.json': '{ "name": "deep", "version": "2.0.1", "peerDependencies": { "absent": "*" } }',
  'node_modules/deep/native/linux-x64.node': 'compiled',
  'node_modules/deep/native/darwin-arm64.node': 'compiled, too',
} as const;

const LINKS = { '@tiny/math': 'math', '@tiny/one': 'one', '@tiny/two': 'two', '@retort/plugin-kit': 'kit' };

export interface Workspace {
  readonly path: string;
  /** Resolves when the file is old enough to be remembered. */
  readonly write: (name: string, text: string) => Promise<void>;
}

export async function createWorkspace(): Promise<Workspace> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'retort-closure-')));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(FILES)) put(path, name, text);
  for (const [name, folder] of Object.entries(LINKS)) {
    mkdirSync(dirname(join(path, 'node_modules', name)), { recursive: true });
    // Relative, as npm makes them.
    symlinkSync(join('../../libs', folder), join(path, 'node_modules', name));
  }
  const write = async (name: string, text: string) => {
    put(path, name, text);
    await sleep(60);
  };
  await sleep(60);
  return { path, write };
}

function put(root: string, name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}
