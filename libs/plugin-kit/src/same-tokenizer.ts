import { type ByInput, inputEntries, inputLabel, inputPath } from '@retort/foundation/inputs';
import type { StageProblem } from './definition.ts';
import type { Facts } from './facts.ts';

/** A problem for every input whose tokenizer is known to differ from the one of `reference`. */
export function tokenizerProblems(inputs: ByInput<Facts>, reference: string): StageProblem[] {
  const entries = inputEntries(inputs);
  const expected = entries.find(([name]) => name === reference)?.[1].tokenizer;
  return entries.flatMap(([name, { tokenizer }, at]) =>
    expected === undefined || tokenizer === undefined || tokenizer === expected
      ? []
      : [
          {
            code: 'VOCABULARY_DIFFERS',
            path: inputPath(name, at),
            message: `"${inputLabel(name, at)}" was made with the tokenizer ${tokenizer}, but "${reference}" with ${expected}. Their token ids stand for different words. Use one tokenizer for both.`,
          },
        ],
  );
}
