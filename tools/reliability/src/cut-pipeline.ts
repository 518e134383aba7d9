/** `general-distill`, every stage of it, on so little that it takes seconds; checkpoints after every step. */
export const CUT_PIPELINE = 'general-distill';

const CUT: Readonly<Record<string, string | number>> = {
  'params.documents': 12,
  'params.teacherLayers': 1,
  'params.layers': 1,
  'stages.vocabulary.with.vocabularySize': 150,
  'stages.teacher.with.architecture.hiddenSize': 16,
  'stages.teacher.with.architecture.intermediateSize': 32,
  'stages.student-train.with.student.hiddenSize': 8,
  'stages.student-train.with.student.intermediateSize': 16,
};

const CHECKPOINTED = ['tokenize', 'teacher', 'teacher-forward', 'held-out-signals', 'student-train'];

/** @param only  the last stage that is needed; all when left out */
export function cutArguments(only?: string): string[] {
  const settings = {
    ...CUT,
    ...Object.fromEntries(CHECKPOINTED.map((stage) => [`stages.${stage}.run.checkpointEverySteps`, 1])),
  };
  return [
    'run',
    CUT_PIPELINE,
    '--json',
    ...Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]),
    ...(only === undefined ? [] : ['--only', only]),
  ];
}
