import { printable } from '@retort/foundation/diagnostics';
import { retortLine } from '../command-line.ts';
import type { PackageVariants } from '../package-variants.ts';
import type { Colors } from './colors.ts';
import { formatCount } from './units.ts';

const DIGITS = 8;

/** That one version of a package had different files; undefined when none had. */
export function packageVariantsText(variants: readonly PackageVariants[], colors: Colors): string | undefined {
  if (variants.length === 0) return undefined;
  const lines = variants.map(({ name, version, platform, results, installed }) => {
    const what = `${name} ${version}${platform === undefined ? '' : `, compiled for ${platform}`}`;
    const counts = Object.entries(results).map(
      ([digest, count]) => `${formatCount(count)} with ${digest.slice(0, DIGITS)}`,
    );
    const here = installed === undefined ? '' : `; here ${installed.slice(0, DIGITS)} is installed`;
    return printable(`  ${what}: results ${counts.join(', ')}${here}`);
  });
  return `${colors.yellow('Some packages are edited or damaged:')} their files differ between results, or from those installed here, at the same version. To check a machine's packages against what was published, run on it: ${retortLine(['doctor'])}\n${lines.join('\n')}`;
}
