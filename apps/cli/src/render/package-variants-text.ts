import type { PackageVariants } from '../package-variants.ts';
import type { Colors } from './colors.ts';
import { printable } from './printable.ts';
import { formatCount } from './units.ts';

const DIGITS = 8;

/** That results of one version of a package were made with different files; undefined when none were. */
export function packageVariantsText(variants: readonly PackageVariants[], colors: Colors): string | undefined {
  if (variants.length === 0) return undefined;
  const lines = variants.map(({ name, version, platform, results }) => {
    const what = `${name} ${version}${platform === undefined ? '' : `, compiled for ${platform}`}`;
    const counts = Object.entries(results).map(
      ([digest, count]) => `${formatCount(count)} with ${digest.slice(0, DIGITS)}`,
    );
    return printable(`  ${what}: results ${counts.join(', ')}`);
  });
  return `${colors.yellow('Some results were made with edited or damaged packages:')} of one version, different files were used. To find out which are as published, on each machine: retort doctor\n${lines.join('\n')}`;
}
