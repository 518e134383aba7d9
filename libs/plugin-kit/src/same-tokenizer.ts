import type { StageProblem } from './definition.ts';
import type { Facts } from './facts.ts';

/** A problem for every input whose tokenizer is known to differ from the one of `reference`. */
export function tokenizerProblems(inputs: Readonly<Record<string, Facts>>, reference: string): StageProblem[] {
  const expected = inputs[reference]?.tokenizer;
  return Object.entries(inputs).flatMap(([role, { tokenizer }]) =>
    expected === undefined || tokenizer === undefined || tokenizer === expected
      ? []
      : [
          {
            code: 'VOCABULARY_DIFFERS',
            path: ['inputs', role],
            message: `"${role}" was made with the tokenizer ${tokenizer}, but "${reference}" with ${expected}. Their token ids stand for different words. Use one tokenizer for both.`,
          },
        ],
  );
}
