// @ts-check
import { PROJECT_NAME } from './pipeline-files.mjs';

/** Options that Nx takes for itself and that mean nothing to a pipeline. `true`: followed by a value. */
const NX_OPTIONS = new Map(
  Object.entries({
    batch: false,
    disableNxCache: false,
    disableRemoteCache: false,
    dte: false,
    excludeTaskDependencies: false,
    maxParallel: true,
    nxBail: false,
    nxIgnoreCycles: false,
    outputStyle: true,
    parallel: true,
    runner: true,
    skipNxCache: false,
    skipRemoteCache: false,
    skipSync: false,
    tui: false,
    verbose: false,
  }),
);

/**
 * @typedef {object} Invocation
 * @property {readonly string[]} targets
 * @property {string | undefined} configuration
 * @property {boolean} single one target of the pipeline project and nothing else
 * @property {readonly string[]} rest options that are not Nx's own, as typed
 */

/**
 * What `nx` was asked to run of the pipeline project, from its own command line, or undefined when it is about something
 * else. Understood: `run pipeline:x[:variant]`, `x pipeline [-c variant]`, `run-many -t x [-c variant]`.
 *
 * @param {readonly string[]} argv of the Nx process
 * @returns {Invocation | undefined}
 */
export function readInvocation(argv) {
  const { positional, options, rest } = split(argv.slice(2));
  const [command, ...others] = positional;
  const configuration = options.configuration;
  if (command === 'run-many' || command === 'affected') {
    const targets = (options.target ?? '').split(',').concat(others);
    return { targets, configuration, single: false, rest };
  }
  const specifier = command === 'run' ? others[0] : command;
  if (specifier === undefined) return undefined;
  if (specifier.includes(':')) {
    const [project, target = '', suffix] = specifier.split(':');
    if (project !== PROJECT_NAME) return undefined;
    return { targets: [target], configuration: configuration ?? suffix, single: true, rest };
  }
  const project = options.project ?? (command === 'run' ? undefined : others[0]);
  return project === PROJECT_NAME ? { targets: [specifier], configuration, single: true, rest } : undefined;
}

const SHORT = /** @type {Record<string, string>} */ ({ c: 'configuration', t: 'target', p: 'project' });
const OWN = new Map([
  ['configuration', 'configuration'],
  ['project', 'project'],
  ['projects', 'project'],
  ['target', 'target'],
  ['targets', 'target'],
]);

/**
 * @param {readonly string[]} words
 * @returns {{ positional: string[], options: Record<string, string>, rest: string[] }}
 */
function split(words) {
  const positional = /** @type {string[]} */ ([]);
  const options = /** @type {Record<string, string>} */ ({});
  const rest = /** @type {string[]} */ ([]);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      rest.push(...words.slice(at + 1));
      break;
    }
    const [, dashes, name = '', , value] = /^(--?)([^=]+)(=(.*))?$/s.exec(word) ?? [];
    const own = dashes === '--' ? OWN.get(name) : SHORT[name];
    if (own !== undefined) options[own] = value ?? words[++at] ?? '';
    else if (dashes === '--' && NX_OPTIONS.has(camel(name)))
      at += NX_OPTIONS.get(camel(name)) && value === undefined ? 1 : 0;
    else if (dashes === undefined && rest.length === 0 && positional.length < 2) positional.push(word);
    else rest.push(word);
  }
  return { positional, options, rest };
}

/** @param {string} name */
function camel(name) {
  return name.replace(/^no-/, '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
