import { join } from 'node:path';
import { RetortError } from '@retort/diagnostics';
import { rememberAnswer, rememberedAnswer } from './answers.ts';
import { hubAddress, type HubEnvironment, isOffline, placesOf } from './cache.ts';
import { offline } from './hub-errors.ts';
import { type HubReference, isCommit } from './reference.ts';
import { requestHub } from './request.ts';

interface GitReference {
  readonly name: string;
  readonly targetCommit: string;
}

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
  const answer = (await (await requestHub(url, { asked, env })).json()) as Record<
    string,
    readonly GitReference[] | undefined
  >;
  const find = (kind: string) => answer[kind]?.find(({ name }) => name === revision)?.targetCommit;
  const branch = find('branches');
  if (branch !== undefined)
    throw new RetortError(
      'HUB_REVISION_MOVES',
      `"${revision}" is a branch of ${repository}, which moves. Write the commit that it stands for today: hf:${repository}@${branch}.`,
    );
  const commit = find('tags');
  if (commit === undefined || !isCommit(commit)) {
    const tags = (answer['tags'] ?? []).map(({ name }) => name);
    const list = tags.length === 0 ? 'It has no tags' : `Its tags: ${tags.slice(0, 10).join(', ')}`;
    throw new RetortError(
      'HUB_NOT_FOUND',
      `${repository} has no tag "${revision}". ${list}; a commit has 40 hexadecimal digits.`,
    );
  }
  await rememberAnswer(file, { commit });
  return commit;
}

function isTag(value: unknown): value is { commit: string } {
  return isCommit(String((value as { commit?: unknown } | null)?.commit));
}
