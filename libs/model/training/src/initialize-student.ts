import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { type BertConfig, DEFAULT_HEAD_KIND, type LoadedModel, loadModel, type NamedArrays } from '@retort/families';
import { StageError } from '@retort/foundation/diagnostics';
import { isSameTask } from '@retort/foundation/task';
import type { Source } from '@retort/foundation/work';
import {
  initializationMapping,
  initializationProblems,
  type StudentInitialization,
} from './student-initialization-facts.ts';

/**
 * A student's first weights taken from another model: its embeddings, the chosen layers, and its classification head where
 * the classes are the same in the same order. What that model lacks stays as it is in `values`.
 *
 * @throws StageError INITIALIZE_GEOMETRY and the codes of layer mappings, VOCABULARY_DIFFERS
 */
export async function initializeStudent({
  initialize,
  student,
  values,
  source,
}: {
  initialize: StudentInitialization;
  student: BertConfig;
  values: NamedArrays;
  source: Source;
}): Promise<NamedArrays> {
  const model = await loadModel(source.path);
  refuseOtherModel({ initialize, student, model, label: source.label });
  const mapping = resolveLayerMapping({
    choice: initializationMapping(initialize),
    studentLayers: student.layers,
    teacherLayers: model.config.layers,
  });
  const sharesHead =
    student.task !== undefined &&
    isSameTask(student.task, model.config.task) &&
    (student.headKind ?? DEFAULT_HEAD_KIND) === (model.config.headKind ?? DEFAULT_HEAD_KIND);
  return new Map(
    [...values].map(([name, fresh]) => {
      const isHead = /^(pooler|classifier)\./.test(name);
      const found = isHead && !sharesHead ? undefined : model.values.get(sourceName(name, mapping));
      return [name, found === undefined ? fresh : { shape: fresh.shape, values: firstOf(found.values, fresh.values) }];
    }),
  );
}

/** `layers.1.norm.scale` of the student is `layers.5.norm.scale` of a model whose layer 6 its layer 2 starts from. */
function sourceName(name: string, mapping: readonly number[]): string {
  return name.replace(/^layers\.(\d+)\./, (_, index) => `layers.${(mapping[Number(index) + 1] as number) - 1}.`);
}

/** The position table of a shorter student is the beginning of the longer one; an only segment is that of both. */
function firstOf(values: Float32Array, { length }: Float32Array): Float32Array {
  if (length <= values.length) return values.slice(0, length);
  const repeated = new Float32Array(length);
  for (let at = 0; at < length; at += values.length) repeated.set(values, at);
  return repeated;
}

function refuseOtherModel({
  initialize,
  student,
  model: { config },
  label,
}: {
  initialize: StudentInitialization;
  student: BertConfig;
  model: LoadedModel;
  label: string;
}): void {
  const { segmentTypes, embeddingSize } = config;
  const [problem] = initializationProblems({ initialize, student, source: config, segmentTypes, embeddingSize });
  if (problem) throw new StageError(problem.code, problem.message);
  if (config.vocabularySize !== student.vocabularySize) {
    throw new StageError(
      'VOCABULARY_DIFFERS',
      `The student's vocabulary has ${student.vocabularySize} tokens, but that of ${label} has ${config.vocabularySize}, so its embeddings do not fit. Use one tokenizer for both, or remove "initialize".`,
    );
  }
}
