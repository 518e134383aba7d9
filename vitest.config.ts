import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,libs,tools}/**/*.test.{ts,mjs}'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: 'tools/test-report/src/temporary-folder.mjs',
    pool: 'forks',
    // tfjs registers gradients and kernels by side effect of ES modules that Node cannot resolve by itself.
    server: { deps: { inline: [/@tensorflow\/tfjs-(core|backend-cpu)/] } },
  },
});
