import { fromDistilBertName } from '../distilbert-names.ts';
import type { ForeignKind } from './foreign-head.ts';

/** The name under which `huggingFaceName` looks for a tensor; its own name where nothing is known of it. */
export type CanonicalNames = (name: string) => string;

/** How the names of one model become those of today's BERT: with prefix, and weight and bias for gamma and beta. */
export function canonicalNames(kind: ForeignKind, names: readonly string[]): CanonicalNames {
  if (kind === 'distilbert') return fromDistilBertName;
  const hasPrefix = names.some((name) => name.startsWith('bert.'));
  return (name) => {
    const today = name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
    return !hasPrefix && /^(embeddings|encoder|pooler)\./.test(today) ? `bert.${today}` : today;
  };
}

/**
 * Known, and no part of what is imported: numbers of positions that old versions stored, and the head that told whether
 * one sentence follows another.
 */
export function isKnownExtra(canonical: string): boolean {
  return /(^|\.)position_ids$/.test(canonical) || canonical.startsWith('cls.seq_relationship.');
}

/** Another kind's own names, where `config.json` says that it is this kind. */
export function foreignPrefix(kind: ForeignKind, names: readonly string[]): string | undefined {
  const own = kind === 'bert' ? 'bert.' : 'distilbert.';
  return ['roberta.', 'distilbert.', 'bert.', 'albert.', 'electra.', 'deberta.'].find(
    (prefix) => prefix !== own && names.some((name) => name.startsWith(prefix) || name.includes(`.${prefix}`)),
  );
}

/**
 * What stands before the names of the encoder's tensors where it was saved inside of something: `module.` by DataParallel,
 * `_orig_mod.` by torch.compile, a member's name by a class around it. Empty where nothing does.
 */
export function wrapperPrefix(names: readonly string[]): string {
  for (const name of names) {
    const [, prefix] = /^(.*?)(?:(?:distil)?bert\.)?embeddings\.word_embeddings\.weight$/.exec(name) ?? [];
    if (prefix !== undefined) return prefix;
  }
  return '';
}
