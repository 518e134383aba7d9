import { isBuiltin } from 'node:module';
import { join, sep } from 'node:path';

/** Their ES modules do not resolve in plain Node (imports without extensions), so they have to be bundled. */
const BUNDLED = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-converter'];

/**
 * The name of the npm package that a specifier imports from; undefined for Node's own modules and for paths.
 *
 * @param {string} specifier
 */
export function packageOf(specifier) {
  if (isBuiltin(specifier) || /^[./#]|^[a-z]+:/i.test(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * Leaves npm packages of the workspace's own node_modules outside the bundle, where Node finds them from the cache
 * folder. Workspace packages (links), the bundled ones with what they import, and packages that lie elsewhere go in;
 * what a bundled package requires on demand (tfjs's node-fetch) stays outside.
 *
 * @param {string} workspace
 * @returns {import('esbuild').Plugin}
 */
export function outsidePackages(workspace) {
  const modules = join(workspace, 'node_modules') + sep;
  return {
    name: 'outside-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        const name = packageOf(path);
        if (pluginData === 'resolving' || name === undefined || kind === 'entry-point') return undefined;
        if (BUNDLED.includes(name)) return undefined;
        if (importer.includes(`${sep}node_modules${sep}`)) {
          return kind === 'require-call' ? { path, external: true } : undefined;
        }
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'resolving' });
        return found.path.startsWith(join(modules, name) + sep) ? { path, external: true } : found;
      });
    },
  };
}
