import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Packages that importing `specifier` loads. */
async function outsideImports(specifier: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(specifier)}`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    external: ['@tensorflow/*'],
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}

describe('what a stage definition may import', () => {
  it.each(['@retort/distillation/layer-mapping', '@retort/distillation/loss-block'])(
    '%s loads no tensor library',
    async (entry) => {
      expect(await outsideImports(entry)).toEqual([]);
    },
  );

  it('would be seen to: the losses do load one', async () => {
    expect(await outsideImports('@retort/distillation')).toContain('@tensorflow/tfjs-core');
  });
});
