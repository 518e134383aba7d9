import { join } from 'node:path';
import { StageError } from '@retort/foundation/diagnostics';
import type { Source } from '@retort/foundation/work';
import { readTokens, type Tokens } from '@retort/tables';
import type { ValidationSettings } from './settings.ts';

/** What a stage's context says of validation: the input, and how it is used. */
export interface ValidationInput {
  readonly config: { readonly validation?: ValidationSettings | undefined };
  readonly inputs: { readonly validation?: Source | undefined };
}

/** The validation rows and their settings, where they are connected. */
export async function readValidation({
  config: { validation: settings = { keep: 'best' } },
  inputs: { validation: input },
}: ValidationInput): Promise<
  { readonly tokens: Tokens; readonly label: string; readonly settings: ValidationSettings } | undefined
> {
  if (input === undefined) return undefined;
  const tokens = await readTokens(join(input.path, 'tokens.arrow'));
  if (tokens.rowCount === 0)
    throw new StageError(
      'VALIDATION_SCORES_NOTHING',
      `${input.label} has no rows to score while training. Connect other rows as "validation", or disconnect it.`,
    );
  return { tokens, label: input.label, settings };
}
