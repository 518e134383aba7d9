import { type Answer, Answers, answerTitle } from '@retort/distillation/signals';
import type { Engine, ForwardProgram, Precision } from '@retort/engine';
import { type BertConfig, type LoadedModel, parametersOf, tokenAxes } from '@retort/families';
import type { Tokens } from '@retort/tables';
import { padTokens } from '../token-batch.ts';
import { modelOutputs } from './model-outputs.ts';
import type { AnswersOf, TeacherAnswers } from './teacher.ts';

/** A model in evaluation mode that gives these answers about one batch of tokens after the other. */
export function askModel(
  { config, values }: Pick<LoadedModel, 'config' | 'values'>,
  {
    answers,
    tokens,
    engine,
    precision,
  }: {
    readonly answers: readonly Answer[];
    readonly tokens: Tokens;
    readonly engine: Engine;
    readonly precision: Precision;
  },
): TeacherAnswers & { readonly about: NonNullable<TeacherAnswers['about']> } {
  const pass = engine.forward(answersProgram(config, answers), parametersOf(values), {
    precision,
    freeAxes: tokenAxes(config),
  });
  const about = (rows: Tokens): AnswersOf => {
    return async (batch) => {
      const { tokenIds, segmentIds, keyMask } = padTokens(rows, batch);
      return Answers.fromNamed(answers, await pass.run({ tokenIds, segmentIds, keyMask }));
    };
  };
  return { of: about(tokens), about, close: () => pass.dispose() };
}

/** Results are named as the columns of a table of signals. */
export function answersProgram(config: BertConfig, answers: readonly Answer[]): ForwardProgram {
  return (parameters, inputs) => {
    const outputs = modelOutputs({ config, parameters }, inputs);
    const found = answers.map((answer) => {
      const tensor = answer.signal.of(outputs, answer.layer ?? 0);
      if (tensor === undefined) throw new Error(`the model has no ${answerTitle(answer)}`);
      return [answer, tensor] as const;
    });
    return new Answers(found).named();
  };
}
