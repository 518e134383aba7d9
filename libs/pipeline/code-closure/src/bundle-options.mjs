/** CommonJS packages that are bundled in call `require` for Node's own modules. */
const REQUIRE_BANNER =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

/**
 * Everything that decides a bundle besides its inputs. In the key of the memo.
 *
 * Names of locals are left to a second tool: esbuild chooses short names by how often letters occur in the source, so
 * that a renamed local, or a type, would change them. No tsconfig.json is read: it would decide bytes from outside.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const BUNDLE_OPTIONS = /** @type {const} */ ({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // tfjs packages as ES modules: each of their CommonJS bundles would bring a registry of kernels of its own.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'external',
  sourcesContent: true,
  metafile: true,
  write: false,
  logLevel: 'silent',
  banner: { js: REQUIRE_BANNER },
  tsconfigRaw: { compilerOptions: { target: 'es2022', verbatimModuleSyntax: true } },
});
