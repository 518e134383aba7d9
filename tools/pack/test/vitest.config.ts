import { defineConfig } from 'vitest/config';

/** `npm run test:install`. Apart from the tests of a package, since it takes minutes and asks the npm registry. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ['tools/pack/test/*.suite.ts'],
    globalSetup: 'tools/pack/test/global-setup.ts',
    provide: { mode },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    bail: 1,
  },
}));
