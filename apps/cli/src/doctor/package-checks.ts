import { relative } from 'node:path';
import { CodeError, openCode } from '@retort/code-closure';
import { firstFew } from '@retort/foundation/diagnostics';
import { optionalPackages } from '../open-pipeline.ts';
import { registry } from '../registry.ts';
import { lockDifferenceText } from '../render/lock-text.ts';
import type { Surroundings } from '../settings.ts';
import type { Check } from './check.ts';
import { editedFiles } from './published-package.ts';

const SHOWN = 3;
/** Of packages that are compared at once: the largest archive is some hundred megabytes. */
const AT_ONCE = 2;

/** Whether what the stages import is what is locked, and is as it was published, compiled code included. */
export async function packageChecks({ installation, env }: Surroundings): Promise<Check[]> {
  const code = openCode({ installation, optionalPackages: optionalPackages(installation) });
  try {
    const modules = [...registry.values()].map(({ module }) => module);
    const packages = await code.installedPackages(modules);
    const different = code.lockDifferences.map(lockDifferenceText);
    return [
      check('packages', different, `${packages.length} external packages match the lock file`),
      await filesCheck(packages, { installation, env }),
    ];
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    return [{ name: 'packages', status: 'failed', detail: error.message, remedy: 'npm ci' }];
  }
}

interface Package {
  readonly folder: string;
  readonly integrity: string | undefined;
}

async function filesCheck(
  packages: readonly Package[],
  { installation, env }: Pick<Surroundings, 'installation' | 'env'>,
): Promise<Check> {
  const edited: string[] = [];
  let compared = 0;
  for (let at = 0; at < packages.length; at += AT_ONCE) {
    const found = packages
      .slice(at, at + AT_ONCE)
      .map(async ({ folder, integrity }) => ({ folder, files: await editedFiles(folder, integrity, env) }));
    for (const { folder, files } of await Promise.all(found)) {
      if (files !== undefined) compared += 1;
      edited.push(...(files ?? []).map((file) => `${relative(installation, folder)}/${file}`));
    }
  }
  const rest = packages.length - compared;
  const scope = `${compared} of ${packages.length} compared with the published files`;
  const unknown = rest === 0 ? '' : `; npm's cache has no archive of ${rest}`;
  return check(
    'package files',
    edited.map((file) => `${file} differs from the published file`),
    scope + unknown,
  );
}

function check(name: string, problems: readonly string[], detail: string): Check {
  if (problems.length === 0) return { name, status: 'ok', detail };
  return { name, status: 'missing', detail: firstFew(problems, SHOWN), remedy: 'npm ci' };
}
