import { writeSettingName } from '@retort/pipeline-schema';

/** One leaf in which two key documents differ. A side that lacks it is undefined. */
export interface KeyDifference {
  /** `with.loss.attention.weight`, `inputs.tokens`, `code.digest`; a dot within a name behind a backslash, as after `--set`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every leaf in which two key documents differ, by path. An empty object or list is a leaf. */
export function compareKeyDocuments(before: unknown, after: unknown): KeyDifference[] {
  const old = leaves(before);
  const current = leaves(after);
  const added = [...current.keys()].filter((path) => !old.has(path));
  const changed = [...old.keys()].filter((path) => !current.has(path) || !isSameLeaf(old.get(path), current.get(path)));
  return [...changed, ...added].sort().map((path) => ({ path, before: old.get(path), after: current.get(path) }));
}

type Leaves = ReadonlyMap<string, unknown>;

/** The planner compares one record with many stages, and one stage with many records. */
const remembered = new WeakMap<object, Leaves>();

function leaves(document: unknown): Leaves {
  if (typeof document !== 'object' || document === null) return collect(document, '', new Map());
  const found = remembered.get(document) ?? collect(document, '', new Map());
  remembered.set(document, found);
  return found;
}

function collect(value: unknown, path: string, found: Map<string, unknown>): Leaves {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (members.length === 0) return found.set(path, value);
  for (const [name, inner] of members) {
    const part = writeSettingName(name);
    collect(inner, path === '' ? part : `${path}.${part}`, found);
  }
  return found;
}

function isSameLeaf(before: unknown, after: unknown): boolean {
  return Object.is(before, after) || (typeof before === 'object' && JSON.stringify(before) === JSON.stringify(after));
}
