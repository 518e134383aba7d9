import { StageError } from '@retort/foundation/diagnostics';

/**
 * The artifact of an optional input that the settings call for: `connected(inputs, 'text')`.
 *
 * @throws StageError INPUT_NOT_CONNECTED, where the stage's `check` did not say it before
 */
export function connected<Name extends string, Artifact>(
  artifacts: { readonly [Each in Name]?: Artifact | undefined },
  name: Name,
): Artifact {
  const artifact = artifacts[name];
  if (artifact !== undefined) return artifact;
  throw new StageError('INPUT_NOT_CONNECTED', `These settings need the input ${JSON.stringify(name)}. Connect it.`);
}
