import { cancel, confirm, select, text } from '@clack/prompts';
import { UsageError } from '@retort/foundation/diagnostics';

/** Asks a person. Every question throws UsageError INIT_CANCELLED when it is left with Ctrl-C. */
export interface Questions {
  /** @param problem  what is wrong with an answer; undefined when nothing is */
  readonly text: (message: string, proposal: string, problem: (value: string) => string | undefined) => Promise<string>;
  readonly choice: (
    message: string,
    choices: readonly { readonly value: string; readonly label: string }[],
    proposal: string | undefined,
  ) => Promise<string>;
  readonly confirm: (message: string) => Promise<boolean>;
}

export function terminalQuestions(): Questions {
  return {
    text: async (message, proposal, problem) =>
      answered(await text({ message, initialValue: proposal, validate: (value) => problem(value ?? '') })),
    choice: async (message, choices, proposal) =>
      answered(
        await select({ message, options: [...choices], ...(proposal !== undefined && { initialValue: proposal }) }),
      ),
    confirm: async (message) => answered(await confirm({ message })),
  };
}

/** @throws UsageError INIT_CANCELLED */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (typeof answer !== 'symbol') return answer as Exclude<Answer, symbol>;
  cancel('Nothing was written.');
  throw new UsageError('INIT_CANCELLED', 'The questions were cancelled, so nothing was written.');
}
