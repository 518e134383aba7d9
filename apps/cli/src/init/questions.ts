import { cancel, select, text } from '@clack/prompts';
import { UsageError } from '@retort/diagnostics';

/** Asks a person. Every question throws UsageError INIT_CANCELLED when it is left with Ctrl-C. */
export interface Questions {
  /** @param problem  what is wrong with an answer; undefined when nothing is */
  readonly text: (message: string, proposal: string, problem: (value: string) => string | undefined) => Promise<string>;
  readonly choice: (message: string, choices: readonly string[], proposal: string | undefined) => Promise<string>;
}

export function terminalQuestions(): Questions {
  return {
    text: async (message, proposal, problem) =>
      answered(await text({ message, initialValue: proposal, validate: (value) => problem(value ?? '') })),
    choice: async (message, choices, proposal) => {
      const options = choices.map((value) => ({ value, label: value }));
      return answered(await select({ message, options, ...(proposal !== undefined && { initialValue: proposal }) }));
    },
  };
}

function answered(answer: string | symbol): string {
  if (typeof answer === 'string') return answer;
  cancel('Nothing was written.');
  throw new UsageError('INIT_CANCELLED', 'The questions were left, so nothing was written.');
}
