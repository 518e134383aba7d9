import {
  type ActiveTerm,
  activeTerms,
  comparesClasses,
  type LossBlock,
  lossBlockProblems,
  lossLayers,
  signalsNeeded,
  usesClassifier,
  usesTeacher,
} from '@retort/distillation/loss-block';
import { type Answer, hasClasses, type TeacherSignal } from '@retort/distillation/signals';
import { type LossTerm, lossTerms } from '@retort/distillation/terms';
import type { Task } from '@retort/foundation/task';
import { type Architecture, type EngineName, inputPath, type StageProblem } from '@retort/plugin-kit';
import { precisionProblems } from '@retort/training/precision';
import { validationProblems } from '@retort/training/settings';
import { initializationProblems } from '@retort/training/student-initialization-facts';
import { teacherTaskProblem } from '@retort/training/teacher-task';
import type { StudentTrainConfig } from './config.generated.ts';
import { copiedModels, learnedTask, type StudentTrainInputs, type TeacherFacts, teachersOf } from './inputs.ts';
import { presetProblem } from './presets/complete.ts';

interface View {
  readonly config: StudentTrainConfig;
  readonly inputs: StudentTrainInputs;
  readonly engine: EngineName;
  /** Geometry of the student, where it is known. */
  readonly student: Architecture | undefined;
}

/** What the schema cannot say of one phase of distillation, all of it. */
export function studentTrainProblems(view: View): StageProblem[] {
  return [
    ...presetProblems(view),
    ...teacherProblems(view),
    ...teacherPrecisionProblems(view),
    ...teacherWeightProblems(view),
    ...labelProblems(view),
    ...headProblems(view),
    ...lossProblems(view),
    ...initializeProblems(view),
    ...studentValidationProblems(view),
  ];
}

/** Validation rows, and who says what the teacher makes of them. */
function studentValidationProblems({ config, inputs }: View): StageProblem[] {
  const { validation, validationSignals, signals, teacher } = inputs;
  const isOfTask = usesClassifier(config.loss) && validation?.task !== undefined;
  const problems: StageProblem[] = validationProblems(
    { config, inputs: { validation } },
    isOfTask ? learnedTask(inputs) : undefined,
  );
  const refuse = (code: string, input: string, message: string) =>
    problems.push({ code, path: ['inputs', input], message });
  const takesLosses = validation?.tokenizer !== undefined && !isOfTask && usesTeacher(config.loss);
  if (takesLosses && teacher === undefined && validationSignals === undefined)
    refuse(
      'VALIDATION_NEEDS_TEACHER',
      'validation',
      'This student is scored by held-out losses, which compare with what the teacher says of the validation rows. Connect its stored answers on them as "validationSignals", or the teacher itself instead of "signals".',
    );
  if (
    validationSignals &&
    (validation === undefined || (validation.tokenizer !== undefined && !takesLosses) || teacher)
  )
    refuse(
      'VALIDATION_SIGNALS_UNUSED',
      'validationSignals',
      'These answers would not be used. They are for held-out losses on "validation", where the teacher itself is not connected. Leave them out.',
    );
  else if (validationSignals && signals && validationSignals.length !== signals.length)
    refuse(
      'VALIDATION_SIGNALS_DIFFER',
      'validationSignals',
      `"signals" has the answers of ${signals.length} teachers, "validationSignals" those of ${validationSignals.length}. Connect the answers of the same teachers in the same order.`,
    );
  return problems;
}

function presetProblems({ config: { preset, phase } }: View): StageProblem[] {
  const message = presetProblem(preset, phase);
  return message === undefined ? [] : [{ code: 'PRESET_PHASE', path: ['with', 'phase'], message }];
}

/** Which teachers are connected, and whether the loss can use them. */
function teacherProblems({ config: { loss }, inputs }: View): StageProblem[] {
  const teachers = teachersOf(inputs);
  const problems: StageProblem[] = [];
  const refuse = (code: string, path: StageProblem['path'], message: string) => problems.push({ code, path, message });
  if (usesTeacher(loss) && teachers.length === 0) {
    refuse(
      'SIGNALS_NEEDED',
      ['inputs'],
      'The loss has terms that compare with the teacher, but neither "signals" nor "teacher" is connected. Connect the signals of a teacher-forward stage, or the teacher itself, which then answers batch by batch.',
    );
  }
  if (inputs.signals && inputs.teacher) {
    refuse(
      'SIGNALS_OR_TEACHER',
      ['inputs', 'teacher'],
      'Both "signals" and "teacher" are connected. Connect stored answers or teachers, but not both.',
    );
  }
  const [leading, further] = teachers;
  if (further && !comparesClasses(loss)) {
    refuse(
      'TEACHER_UNUSED',
      inputPath(further.input, further.at),
      `Further teachers contribute only through the logits term. Its weight is 0, so "${further.label}" would be ignored. Give the term a weight, or connect one teacher.`,
    );
  }
  return [...problems, ...paddingProblems(loss, leading)];
}

/** int8 of a teacher that nobody asks, or on an engine that knows float32 only. */
function teacherPrecisionProblems({ config: { loss, teacherPrecision }, inputs, engine }: View): StageProblem[] {
  if (teacherPrecision === 'float32') return [];
  const isAsked = inputs.teacher !== undefined && usesTeacher(loss);
  if (isAsked) return precisionProblems(teacherPrecision, { engine, setting: 'teacherPrecision' });
  const message = `No teacher answers during this training, so nothing is computed in ${teacherPrecision}. Remove "teacherPrecision", or connect "teacher" and give one of its terms a weight. For stored signals, set "precision" in teacher-forward.`;
  return [{ code: 'PRECISION_UNUSED', path: ['with', 'teacherPrecision'], message }];
}

/** One weight for each teacher that is connected. */
function teacherWeightProblems({ config: { teacherWeights }, inputs }: View): StageProblem[] {
  const labels = teachersOf(inputs).map(({ label }) => label);
  if (teacherWeights === undefined || teacherWeights.length === labels.length) return [];
  const message = `There are ${teacherWeights.length} weights for ${labels.length} connected teachers${labels.length === 0 ? '' : ` (${labels.join(', ')})`}. Give one for each in this order, or remove "teacherWeights".`;
  return [{ code: 'TEACHER_WEIGHTS', path: ['with', 'teacherWeights'], message }];
}

/** Padded positions of stored signals are 0 unless they are stored too; the losses that count them would be of another teacher. */
function paddingProblems(loss: LossBlock, teacher: TeacherFacts | undefined): StageProblem[] {
  if (teacher?.stored === undefined || teacher.stored.padding === 'reference') return [];
  return activeTerms(loss)
    .filter(({ term, settings }) => term.countsPadding?.(settings))
    .map(({ term }) => ({
      code: 'REFERENCE_NEEDS_TEACHER',
      path: ['with', 'loss', term.name, 'padding'],
      message: `Reference padding needs the teacher's answers at padded positions, which are not stored. Connect "teacher" instead of "${teacher.label}", set "store.padding" of teacher-forward to "reference", or set this padding to "masked".`,
    }));
}

/** Gold labels, and whether teachers and tokens mean the same classes. */
function labelProblems({ config: { loss }, inputs }: View): StageProblem[] {
  const tokens = inputs.tokens;
  const problems: StageProblem[] = [];
  if (tokens.task === undefined && tokens.tokenizer !== undefined)
    for (const { term } of activeTerms(loss).filter(({ term }) => term.usesLabels))
      problems.push({
        code: 'LABELS_NEEDED',
        path: ['with', 'loss', term.name, 'weight'],
        message: `The ${term.name} term needs labelled tokens, but "tokens" has no labels. Set its weight to 0, or connect tokens made from examples.`,
      });
  if (!comparesClasses(loss)) return problems;
  const teachers = teachersOf(inputs);
  for (const teacher of teachers)
    if (teacher.stored === undefined && teacher.architecture && teacher.task === undefined)
      problems.push(noClassifier(teacher));
  return [...problems, ...classProblems(learnedTask(inputs), teachers)];
}

/** A kind of head for a student that gets none. */
function headProblems({ config: { headKind, loss } }: View): StageProblem[] {
  if (headKind === undefined || usesClassifier(loss)) return [];
  const names = lossTerms
    .all()
    .flatMap((term) => (term.usesLabels || term.signals.some(hasClasses) ? [term.name] : []));
  const message = `The student has no classification head, because the terms ${names.join(' and ')} have weight 0. Remove "headKind", or give one of them a weight.`;
  return [{ code: 'HEAD_KIND_UNUSED', path: ['with', 'headKind'], message }];
}

function noClassifier({ input, at, label }: TeacherFacts): StageProblem {
  return {
    code: 'TEACHER_HAS_NO_CLASSIFIER',
    path: inputPath(input, at),
    message: `Logits need a teacher with a classification head, which "${label}" lacks. Connect one from a finetune stage, or set the weight of the logits term to 0.`,
  };
}

function classProblems(learned: Task | undefined, teachers: readonly TeacherFacts[]): StageProblem[] {
  return teachers.flatMap(({ input, at, label, task }) => {
    const message = learned && task && teacherTaskProblem(task, learned, `"${label}"`);
    return message === undefined ? [] : [{ code: 'TEACHER_LABELS_DIFFER', path: inputPath(input, at), message }];
  });
}

function lossProblems({ config, inputs, student }: View): StageProblem[] {
  if (student === undefined) return [];
  const block = config.loss;
  const [leading] = teachersOf(inputs);
  const teacher = leading?.architecture;
  const found = lossBlockProblems({
    block,
    student,
    ...(teacher ? { teacher } : {}),
    task: learnedTask(inputs),
  });
  const problems = found.map(({ code, path, message }) => ({ code, message, path: ['with', 'loss', ...path] }));
  if (problems.length > 0 || teacher === undefined || leading?.stored === undefined) return problems;
  return missingSignals(block, { student, teacher, stored: leading.stored });
}

/** Signals that the loss asks for and teacher-forward does not store. */
function missingSignals(
  block: LossBlock,
  {
    student,
    teacher,
    stored: { stored },
  }: { student: Architecture; teacher: Architecture; stored: NonNullable<TeacherFacts['stored']> },
): StageProblem[] {
  const sizes = { studentLayers: student.layers, teacherLayers: teacher.layers };
  const { answers } = signalsNeeded(block, lossLayers(block, sizes));
  const isStored = ({ signal, layer }: Answer) => {
    const found = stored[signal.name];
    return layer === undefined ? found === true : Array.isArray(found) && found.includes(layer);
  };
  const missing = answers.filter((answer) => !isStored(answer));
  return [...new Set(missing.map(({ signal }) => signal))].map((signal) => {
    const layers = missing.flatMap((answer) => (answer.signal === signal ? (answer.layer ?? []) : []));
    const what = layers.length === 0 ? signal.title : `${signal.title} of teacher layers ${layers.join(', ')}`;
    const { term } = activeTerms(block).find((active) => active.term.signals.includes(signal)) as ActiveTerm;
    return {
      code: 'SIGNALS_MISSING',
      path: ['with', 'loss', term.name],
      message: `The loss needs ${what}, which teacher-forward does not store. Set ${storeSetting(signal, term)} there, or set the term's weight to 0.`,
    };
  });
}

function storeSetting({ name, firstLayer }: TeacherSignal, { dependsOnDepth }: LossTerm): string {
  if (firstLayer === undefined) return `store.${name}: true`;
  return `store.${name}: ${dependsOnDepth ? '"last"' : '"mapped" with the same layer mapping'}, or "all"`;
}

function initializeProblems({ config, inputs }: View): StageProblem[] {
  const { initialize, ...student } = config.student ?? {};
  if (initialize === undefined) {
    if (inputs.model === undefined) return [];
    const message =
      '"model" only supplies first weights, which the settings do not use. Set "student.initialize.from" to "model", or disconnect it.';
    return [{ code: 'MODEL_UNUSED', path: ['inputs', 'model'], message }];
  }
  const source = copiedModels(inputs)[initialize.from];
  if (source === undefined) {
    const message = `The settings copy layers of "${initialize.from}", which is not connected. Connect it${initialize.from === 'teacher' ? ', or connect the model as "model" and name that' : ''}.`;
    return [{ code: 'INITIALIZE_SOURCE', path: ['with', 'student', 'initialize', 'from'], message }];
  }
  if (source.architecture === undefined) return [];
  const { architecture, segmentTypes, embeddingSize } = source;
  return initializationProblems({
    initialize,
    student: student as Architecture,
    source: architecture,
    segmentTypes,
    embeddingSize,
  });
}
