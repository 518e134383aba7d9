import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomStream } from '@retort/foundation/random';
import { openArrow, openParquet } from '@retort/stage-task-data/tables';
import { mutated } from './mutated.ts';
import { withinLimits } from './within-limits.ts';

const LIMITS = { seconds: 20, megabytes: 1024 };

/** Tables that other tools wrote, from the tests of `task-data`. */
const FIXTURES = 'libs/stages/task-data/test/fixtures';

/** Damages one of the tables each time and reads all of it; says what went wrong, undefined when it was read or refused. */
export async function foreignTablesIn(
  folder: string,
  workspace: string,
): Promise<(random: RandomStream) => Promise<string | undefined>> {
  const names = (await readdir(join(workspace, FIXTURES))).filter((name) => /\.(arrow|parquet)$/.test(name)).sort();
  const whole = new Map<string, Uint8Array>();
  for (const name of names) whole.set(name, await readFile(join(workspace, FIXTURES, name)));
  return async (random) => {
    const name = random.pick(names);
    const path = join(folder, `foreign-${name}`);
    await writeFile(path, mutated(whole.get(name) as Uint8Array, random));
    const wrong = await withinLimits(() => readAll(path, name), LIMITS);
    return wrong && `${name}: ${wrong}`;
  };
}

async function readAll(path: string, label: string): Promise<void> {
  const table = await (path.endsWith('.arrow') ? openArrow : openParquet)({ path, label });
  try {
    const readable = table.names.filter((name) => table.unreadable(name) === undefined);
    for await (const rows of table.read([...new Set(readable)])) for (const row of rows) void Object.values(row).length;
  } finally {
    await table.close();
  }
}
