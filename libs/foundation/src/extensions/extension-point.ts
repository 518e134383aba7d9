import { RetortError, suggestion } from '@retort/foundation/diagnostics';
import type { Extension, ExtensionPointName } from './extension.ts';
import { perRegistration, registeredAt } from './registered.ts';

export interface ExtensionPoint<T extends Extension> {
  readonly name: ExtensionPointName;
  /** Ours: what the built-in plug-in lists. */
  readonly builtIn: readonly T[];
  /** The built-in objects, then those of plug-ins. Call it inside functions: at the top of a module no plug-in is there yet. */
  readonly all: () => readonly T[];
  readonly find: (name: string) => T | undefined;
  /** @throws RetortError EXTENSION_UNKNOWN; settings that were validated name none that is unknown */
  readonly get: (name: string) => T;
}

/** Declares what can be added to. Its owner lists the built-in objects and reads all of them, wherever they come from. */
export function extensionPoint<T extends Extension>(
  name: ExtensionPointName,
  builtIn: readonly T[],
): ExtensionPoint<T> {
  const byName = perRegistration(() => {
    const all = [...builtIn, ...(registeredAt(name) as readonly T[])];
    return new Map(all.map((extension) => [extension.name, extension]));
  });
  const find = (wanted: string) => byName().get(wanted);
  const get = (wanted: string) => {
    const found = find(wanted);
    if (found !== undefined) return found;
    const message = `"${name}" has no entry ${JSON.stringify(wanted)}.${suggestion(wanted, [...byName().keys()])}`;
    throw new RetortError('EXTENSION_UNKNOWN', message);
  };
  return { name, builtIn, all: perRegistration(() => [...byName().values()]), find, get };
}
