import { parseHubReference } from '@retort/model-hub/reference';
import { resolvePath } from './pipeline-files.ts';

/** Where a pipeline file says that an input comes from. Whether it is there is the graph's question. */
export type InputReference =
  | { readonly kind: 'stage'; readonly stage: string; readonly port: string }
  | {
      readonly kind: 'pipeline';
      readonly pipeline: string;
      /** Absolute; its pipeline files are those that are meant. */
      readonly folder: string;
      readonly stage: string;
      readonly port: string;
    }
  | {
      readonly kind: 'path' /** Absolute; may be a glob. */;
      readonly path: string /** As written. */;
      readonly text: string;
    }
  | {
      readonly kind: 'hub' /** A model of the HuggingFace hub: `owner/name`. */;
      readonly repository: string /** A commit or a tag. */;
      readonly revision: string /** As written. */;
      readonly text: string;
    };

export type PipelineReference = Extract<InputReference, { kind: 'pipeline' }>;

/** A stage's output by name. */
export interface OutputReference {
  readonly stage: string;
  readonly port: string;
}

export interface ReferenceProblem {
  readonly code: string;
  readonly message: string;
}

const OUTPUT = /^([^.#/\s]+)\.([^.#/\s]+)$/;

/**
 * Reads `stage.output`, `pipeline#stage.output`, a path, or a model of the hub, `hf:owner/name@revision`.
 *
 * A path contains `/` or starts with `.`, so that `books.txt` is the output `txt` of a stage `books`.
 *
 * @param folders absolute: what a relative path counts from, and where other pipelines lie
 */
export function parseInputReference(
  text: string,
  folders: { readonly paths: string; readonly pipelines: string },
): InputReference | ReferenceProblem {
  if (text.startsWith('hf:')) return hubReference(text);
  if (text.includes('/') || text.startsWith('.')) return { kind: 'path', path: resolvePath(folders.paths, text), text };
  const [pipeline, output, ...more] = text.split('#');
  if (output === undefined) return parseOutput(text) ?? badReference(text);
  const parsed = more.length === 0 && pipeline !== '' ? parseOutput(output) : undefined;
  if (parsed === undefined) return badReference(text);
  return { ...parsed, kind: 'pipeline', pipeline: pipeline as string, folder: folders.pipelines };
}

export function parseOutput(
  text: string,
): { readonly kind: 'stage'; readonly stage: string; readonly port: string } | undefined {
  const [, stage, port] = OUTPUT.exec(text) ?? [];
  return stage === undefined || port === undefined ? undefined : { kind: 'stage', stage, port };
}

function hubReference(text: string): InputReference | ReferenceProblem {
  const reference = parseHubReference(text);
  return 'code' in reference ? reference : { kind: 'hub', ...reference, text };
}

function badReference(text: string): ReferenceProblem {
  const message = `"${text}" is not an input. Expected "stage.output", "pipeline#stage.output", or a path, which contains "/" or starts with "." ("./${text}").`;
  return { code: 'PIPELINE_BAD_REFERENCE', message };
}
