import type { SignalsNeeded } from '@retort/distillation/loss-block';
import { createEngine, type ForwardProgram } from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import { type BertConfig, classify, encode, loadModel, parametersOf, tokenAxes } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import type { Source } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTokensFit } from '../starting-model.ts';
import { padTokens } from '../token-batch.ts';
import { classOrder } from './class-order.ts';
import { attentionInput, hiddenInput, LOGITS_INPUT } from './distillation-program.ts';
import type { Teacher, TeacherAnswers } from './teacher.ts';

/**
 * A teacher that answers each batch as it comes, in evaluation mode: nothing is stored, and padded positions have the
 * teacher's own values.
 *
 * @throws StageError VOCABULARY_DIFFERS, SEQUENCE_TOO_LONG
 */
export async function onlineTeacher(
  input: Source,
  { tokens, engine, threads }: { tokens: Tokens; engine: EngineName; threads: number },
): Promise<Teacher> {
  const model = await loadModel(input.path);
  const { config } = model;
  checkTokensFit(config, { tokens: tokens.metadata, model: input.label });
  const hasClassifier = model.heads.includes('classifier');
  return {
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    digest: input.digest,
    task: hasClassifier ? config.task : undefined,
    ask: async (needed, { task, precision = 'float32' } = {}) => {
      if (needed.logits && !hasClassifier) {
        throw new StageError(
          'TEACHER_HAS_NO_CLASSIFIER',
          `${input.label} has no classification head, so it has no logits. Connect a teacher from a finetune stage, or give the logits term weight 0.`,
        );
      }
      if (!needed.logits && needed.hiddenStates.length + needed.attentionScores.length === 0) return NOTHING;
      const order = classOrder({ from: config.task, to: needed.logits ? task : undefined, teacher: input.label });
      const parameters = parametersOf(model.values);
      const program = answers(config, needed);
      const pass = (await createEngine(engine, { threads })).forward(program, parameters, {
        precision,
        freeAxes: tokenAxes(config),
      });
      return {
        inputsOf: async (batch) => {
          const { tokenIds, segmentIds, keyMask } = padTokens(tokens, batch);
          const results = await pass.run({ tokenIds, segmentIds, keyMask });
          const logits = results[LOGITS_INPUT];
          return logits ? { ...results, [LOGITS_INPUT]: order(logits) } : results;
        },
        close: () => pass.dispose(),
      };
    },
    close: async () => {},
  };
}

/** A loss of gold labels alone: the model is not run. */
const NOTHING: TeacherAnswers = { inputsOf: async () => ({}), close: async () => {} };

/** What the loss needs, under the names of the distillation program's inputs. */
function answers(config: BertConfig, needed: SignalsNeeded): ForwardProgram {
  return (parameters, inputs) => {
    const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
    const { hiddenStates, attentionScores } = encode({ config, parameters }, { tokenIds, segmentIds, keyMask });
    return {
      ...Object.fromEntries(
        needed.hiddenStates.map((layer) => [hiddenInput(layer), hiddenStates[layer] as Tensor] as const),
      ),
      ...Object.fromEntries(
        needed.attentionScores.map((layer) => [attentionInput(layer), attentionScores[layer - 1] as Tensor] as const),
      ),
      ...(needed.logits ? { [LOGITS_INPUT]: classify({ config, parameters }, hiddenStates.at(-1) as Tensor) } : {}),
    };
  };
}
