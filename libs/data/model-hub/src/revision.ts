import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { rememberAnswer, rememberedAnswer } from './answers.ts';
import { type HubEnvironment, hubAddress, isOffline, placesOf } from './cache.ts';
import { offline } from './hub-errors.ts';
import { type HubReference, isCommit } from './reference.ts';
import { requestJson } from './request.ts';

/**
 * The commit that a revision stands for: itself, or that of a tag. A tag is asked for once and then remembered, so that
 * it stays what it was; a branch is refused, since it moves.
 *
 * @throws RetortError HUB_REVISION_MOVES, HUB_NOT_FOUND, HUB_OFFLINE and what `requestHub` throws
 */
export async function resolveRevision({ repository, revision }: HubReference, env: HubEnvironment): Promise<string> {
  if (isCommit(revision)) return revision;
  const asked = `${repository}@${revision}`;
  const file = join(placesOf(repository, '', env).answers, `tag-${encodeURIComponent(revision)}.json`);
  const known = await rememberedAnswer(file, isTag);
  if (known !== undefined) return known.commit;
  if (isOffline(env)) throw offline(asked);
  const url = `${hubAddress(env)}/api/models/${repository}/refs`;
  const { value } = await requestJson(url, { asked, env });
  const branch = commitsOf(value, 'branches').get(revision);
  if (branch !== undefined)
    throw new RetortError(
      'HUB_REVISION_MOVES',
      `"${revision}" is a branch of ${repository}, and branches move. Write its current commit instead: hf:${repository}@${branch}.`,
    );
  const tags = commitsOf(value, 'tags');
  const commit = tags.get(revision);
  if (commit === undefined) {
    const names = [...tags.keys()].slice(0, 10).map((name) => name.slice(0, 40));
    const list = names.length === 0 ? 'It has no tags' : `Its tags: ${names.join(', ')}`;
    throw new RetortError(
      'HUB_NOT_FOUND',
      `${repository} has no tag "${revision}". ${list}. A commit has 40 hexadecimal digits.`,
    );
  }
  await rememberAnswer(file, { commit });
  return commit;
}

/** Name -> commit; what is no reference is left out. */
function commitsOf(answer: unknown, kind: 'branches' | 'tags'): ReadonlyMap<string, string> {
  const list = (answer as Readonly<Record<string, unknown>> | null)?.[kind];
  const references: unknown[] = Array.isArray(list) ? list : [];
  return new Map(
    references.flatMap((reference) => {
      const { name, targetCommit } = (reference ?? {}) as Readonly<Record<string, unknown>>;
      return typeof name === 'string' && isCommit(String(targetCommit)) ? [[name, String(targetCommit)] as const] : [];
    }),
  );
}

function isTag(value: unknown): value is { commit: string } {
  return isCommit(String((value as { commit?: unknown } | null)?.commit));
}
