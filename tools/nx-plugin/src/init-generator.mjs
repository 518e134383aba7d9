// @ts-check

/**
 * `nx add @retort/nx-plugin`: Nx installs the package and calls this, which lists it in `nx.json`.
 *
 * @param {{ read: (path: string, encoding: 'utf8') => string | null, write: (path: string, content: string) => void }} tree
 */
export default function generate(tree) {
  const nxJson = JSON.parse(tree.read('nx.json', 'utf8') ?? '{}');
  const { plugins = [] } = nxJson;
  const isListed = plugins.some(
    (/** @type {string | { plugin: string }} */ each) => (typeof each === 'string' ? each : each.plugin) === NAME,
  );
  if (isListed) return;
  tree.write('nx.json', `${JSON.stringify({ ...nxJson, plugins: [...plugins, NAME] }, undefined, 2)}\n`);
}

const NAME = '@retort/nx-plugin';
