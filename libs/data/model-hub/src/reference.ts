/** A model of the HuggingFace hub as a pipeline file names it: `hf:owner/name@revision`. */
export interface HubReference {
  /** `owner/name`, or a `name` from before models had owners. */
  readonly repository: string;
  /** A commit of 40 hexadecimal digits, or a tag. */
  readonly revision: string;
}

const REPOSITORY = /^(?:[A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*$/;
const REVISION = /^[A-Za-z0-9][\w./-]*$/;

/** Reads the text behind an input that starts with `hf:`. Whether the hub has it is asked later. */
export function parseHubReference(text: string): HubReference | { readonly code: string; readonly message: string } {
  const [repository = '', revision, ...more] = text.replace(/^hf:/, '').split('@');
  const isSound = more.length === 0 && REPOSITORY.test(repository) && !`${repository}${revision}`.includes('..');
  if (isSound && revision !== undefined && REVISION.test(revision)) return { repository, revision };
  if (isSound && revision === undefined)
    return {
      code: 'PIPELINE_HUB_REFERENCE',
      message: `"${text}" has no revision, so the model could change. Write "${text}@" followed by a tag, or by a commit of 40 digits. The model's page lists its commits under "Files".`,
    };
  return {
    code: 'PIPELINE_HUB_REFERENCE',
    message: `"${text}" is not a hub model. Expected "hf:owner/name@revision", where the revision is a commit or a tag.`,
  };
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
