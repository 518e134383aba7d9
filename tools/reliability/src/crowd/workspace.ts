import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes down that it begins and ends, takes a while, and gives other bytes each time: whose result counts shows. */
const STAGE = `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export async function run({ config, inputs, outputs }) {
  appendFileSync(config.executions, 'begin ' + config.name + '\\n');
  await sleep(config.milliseconds);
  const before = Object.values(inputs).map(({ path }) => readFileSync(join(path, 'text.txt'), 'utf8'));
  writeFileSync(join(outputs.text.path, 'text.txt'), [...before, config.name + ' ' + process.pid].join('+'));
  appendFileSync(config.executions, 'end ' + config.name + '\\n');
  return {};
}
`;

/** A workspace with one stage of its own and the real plugin-kit, in which many runners can be started. @returns its path */
export function createWorkspace(repository: string, place: string): string {
  const path = join(realpathSync(place), 'workspace');
  // Runners of other users read it, too.
  chmodSync(place, 0o755);
  write(join(path, 'package-lock.json'), '{ "lockfileVersion": 3, "packages": {} }');
  write(
    join(path, 'libs/crowd/package.json'),
    '{ "name": "@crowd/stages", "type": "module", "exports": { "./*": "./src/*.ts" } }',
  );
  write(join(path, 'libs/crowd/src/count.ts'), STAGE);
  link(join(path, 'libs/crowd'), join(path, 'node_modules/@crowd/stages'));
  for (const name of ['plugin-kit', 'foundation'])
    link(join(repository, 'libs', name), join(path, 'node_modules/@retort', name));
  return path;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
