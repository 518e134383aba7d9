import { modelFamilies } from '../families/index.ts';
import type { ModelFamily } from '../family.ts';

/** The name under which a family has a tensor today. */
export type CanonicalNames = (name: string) => string;

/** How the names of one model become those of today: with prefix, and weight and bias for gamma and beta. */
export function canonicalNames({ prefix, names: own }: ModelFamily, names: readonly string[]): CanonicalNames {
  const hasPrefix = names.some((name) => name.startsWith(prefix));
  const parts = Object.values(own).flatMap((name) =>
    name.startsWith(prefix) ? [name.slice(prefix.length).split('.')[0] as string] : [],
  );
  return (name) => {
    const today = name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
    return !hasPrefix && parts.includes(today.split('.')[0] as string) ? prefix + today : today;
  };
}

/** Families that Retort does not read: their tensors are recognised, so that they are not taken for those of a family that it reads. */
const OTHER_PREFIXES = ['albert.', 'deberta.'];

/** Another family's own names, where `config.json` says that it is this one. */
export function foreignPrefix(family: ModelFamily, names: readonly string[]): string | undefined {
  const prefixes = new Set([...modelFamilies.all().map(({ prefix }) => prefix), ...OTHER_PREFIXES]);
  prefixes.delete(family.prefix);
  return [...prefixes].find((prefix) => names.some((name) => name.startsWith(prefix) || name.includes(`.${prefix}`)));
}

/**
 * The prefix of the encoder's tensor names where it was saved inside another module: `module.` by DataParallel,
 * `_orig_mod.` by torch.compile, a member's name by a class around it. Empty without such a module.
 */
export function wrapperPrefix({ prefix: own }: ModelFamily, names: readonly string[]): string {
  const end = 'embeddings.word_embeddings.weight';
  for (const name of names) {
    if (!name.endsWith(end)) continue;
    const before = name.slice(0, -end.length);
    return before.endsWith(own) ? before.slice(0, -own.length) : before;
  }
  return '';
}
