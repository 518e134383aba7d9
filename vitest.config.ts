import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The files that a bundle takes, too. Those for Node would load a second tfjs, which says so on every start.
  resolve: {
    alias: [{ find: /^(@tensorflow\/tfjs-(?:core|backend-cpu))$/, replacement: '$1/dist/index.js' }],
  },
  test: {
    include: ['**/*.test.{ts,mjs}'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: 'tools/checks/src/test-run/temporary-folder.mjs',
    setupFiles: 'tools/checks/src/test-run/plain-output.mjs',
    pool: 'forks',
    // Nx runs the tests of two packages at a time.
    maxWorkers: '50%',
    // Each package has a vitest of its own; what one has compiled the next one reads.
    experimental: { fsModuleCache: true },
    // tfjs registers gradients and kernels by side effect of ES modules that Node cannot resolve by itself.
    server: { deps: { inline: [/@tensorflow\/tfjs-(core|backend-cpu)/] } },
  },
});
