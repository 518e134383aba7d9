import type { StageRecord } from '@retort/store';
import { expect, test } from 'vitest';
import { packageVariants } from './package-variants.ts';
import { colorsFor } from './render/colors.ts';
import { packageVariantsText } from './render/package-variants-text.ts';

const LINUX = 'linux x64';

function record(packages: Record<string, string>, binaries?: Record<string, string>, platform = LINUX): StageRecord {
  const provenance = { hardware: { platform }, ...(binaries && { binaries }) };
  return { keyDocument: { code: { packages } }, provenance } as unknown as StageRecord;
}

test('one version with different files is reported, each with its results', () => {
  const variants = packageVariants([
    record({ arrow: '1.0.0+aa', two: '1.0.0+cc, 2.0.0+dd' }, { runtime: 'x1' }),
    record({ arrow: '1.0.0+aa', two: '1.0.0+cc, 2.0.0+ee', runtime: '3.0.0+ff' }, { runtime: 'x1' }),
    record({ arrow: '1.0.0+bb', runtime: '3.0.0+ff' }, { runtime: 'x2' }),
  ]);
  expect(variants).toEqual([
    { name: 'arrow', version: '1.0.0', results: { aa: 2, bb: 1 } },
    { name: 'two', version: '2.0.0', results: { dd: 1, ee: 1 } },
    { name: 'runtime', version: '3.0.0', platform: LINUX, results: { x1: 1, x2: 1 } },
  ]);
  const here = { packages: { arrow: '1.0.0+aa', runtime: '3.0.0+ff' }, binaries: { runtime: 'x3' }, platform: LINUX };
  expect(packageVariants([record(here.packages, here.binaries)], here)).toEqual([]);
  expect(packageVariants([record(here.packages, { runtime: 'x1' })], here)).toEqual([
    { name: 'runtime', version: '3.0.0', platform: LINUX, results: { x1: 1 }, installed: 'x3' },
  ]);
  expect(packageVariants([record(here.packages, { runtime: 'x1' })], { ...here, platform: 'linux arm64' })).toEqual([]);
  expect(packageVariantsText(variants.slice(1), colorsFor(process.stderr, { NO_COLOR: '1' }))).toMatchInlineSnapshot(`
    "Some packages are edited or damaged: their files differ between results, or from those installed here, at the same version. To check a machine's packages against what was published, run on it: npx retort doctor
      two 2.0.0: results 1 with dd, 1 with ee
      runtime 3.0.0, compiled for linux x64: results 1 with x1, 1 with x2"
  `);
});

test('a version may hold a plus sign of its own', () => {
  const records = ['aa', 'bb'].map((digest) => record({ built: `1.0.0+build.5+${digest}` }));
  expect(packageVariants(records)).toEqual([{ name: 'built', version: '1.0.0+build.5', results: { aa: 1, bb: 1 } }]);
});

test('other versions, other systems and records of an earlier form are no variants', () => {
  const variants = packageVariants([
    record({ arrow: '1.0.0+aa', runtime: '3.0.0+ff' }, { runtime: 'x1' }),
    record({ arrow: '1.1.0+bb', runtime: '3.0.0+ff' }, { runtime: 'x2' }, 'darwin arm64'),
    record({ arrow: '1.0.0' }),
    { keyDocument: {}, provenance: {} } as unknown as StageRecord,
  ]);
  expect(variants).toEqual([]);
  expect(packageVariantsText(variants, colorsFor(process.stderr, {}))).toBeUndefined();
});
