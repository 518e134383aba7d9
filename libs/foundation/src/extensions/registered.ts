import type { ExtensionPointName, Extensions } from './extension.ts';

interface Registered {
  readonly module: string;
  readonly extensions: Extensions;
}

interface Register {
  all: readonly Registered[];
  /** Changes with `all`. */
  revision: number;
}

/** One for the process: a plug-in that was bundled alone has a copy of this module, and must see the same. */
const KEY = Symbol.for('retort.extensions');

function register(): Register {
  const holder = globalThis as { [KEY]?: Register };
  holder[KEY] ??= { all: [], revision: 0 };
  return holder[KEY];
}

/**
 * Adds what a plug-in brings to every extension point of this process.
 *
 * @param module  where the plug-in's code is, as a stage's program imports it
 * @returns takes it out again, for tests
 */
export function registerExtensions(extensions: Extensions, module: string): () => void {
  const added = { module, extensions };
  const set = (all: readonly Registered[]) => Object.assign(register(), { all, revision: register().revision + 1 });
  set([...register().all, added]);
  return () => set(register().all.filter((each) => each !== added));
}

/** What plug-ins bring to a point; its owner has the built-in objects too. */
export function registeredAt(point: ExtensionPointName): Registered['extensions'][ExtensionPointName] & {} {
  return register().all.flatMap(({ extensions }) => extensions[point] ?? []);
}

/** The modules of those plug-ins that bring one of these objects. What is built in belongs to none. */
export function modulesOf(used: Readonly<Partial<Record<ExtensionPointName, readonly string[]>>>): string[] {
  const isUsed = ({ extensions }: Registered) =>
    Object.entries(used).some(([point, names]) =>
      extensions[point as ExtensionPointName]?.some(({ name }) => names.includes(name)),
    );
  return [
    ...new Set(
      register()
        .all.filter(isUsed)
        .map(({ module }) => module),
    ),
  ].sort();
}

/** A function that computes its value again only after a plug-in came or went. */
export function perRegistration<T>(compute: () => T): () => T {
  let known: { readonly revision: number; readonly value: T } | undefined;
  return () => {
    const { revision } = register();
    if (known?.revision !== revision) known = { revision, value: compute() };
    return known.value;
  };
}
