/** What computes. Planning reads definitions that import it, and calls nothing of it. */
const HEAVY =
  /^(@tensorflow\/[^/]+|onnxruntime-(node|web|common)|tokenizers|apache-arrow|hyparquet|hyparquet-compressors|csv-parse)(\/|$)|^@retort\/engine(\/export)?$/;

/**
 * Replaces libraries that compute by objects that look as if they had every member, and refuse to be called.
 *
 * @returns {import('esbuild').Plugin}
 */
export function standIns() {
  return {
    name: 'stand-ins',
    setup(build) {
      build.onResolve({ filter: HEAVY }, ({ path }) => ({ path, namespace: 'stand-in' }));
      build.onLoad({ filter: /./, namespace: 'stand-in' }, ({ path }) => ({
        contents: contentsFor(path),
        loader: 'js',
      }));
    },
  };
}

/**
 * CommonJS, so that any name can be imported from it. An import sees the prototype's members.
 *
 * @param {string} name
 */
function contentsFor(name) {
  return `
const standIn = (name) => {
  const refuse = () => {
    throw new Error(name + ' was called while planning, which loads no library that computes. Call it inside a function that only a running stage calls.');
  };
  return new Proxy(function () {}, {
    apply: refuse,
    construct: refuse,
    get: (own, key) => {
      if (key === 'prototype') return own.prototype;
      // As the key of a table that is made while the file is loaded: { [Type.Int]: 2 }.
      if (key === Symbol.toPrimitive) return () => name;
      return typeof key === 'symbol' || key === 'then' ? undefined : standIn(name + '.' + key);
    },
  });
};
module.exports = Object.create(standIn(${JSON.stringify(name)}));
`;
}
